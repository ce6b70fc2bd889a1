package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Asks now and then whether the API server is there. A watch that was cut is taken up again by the client without a word, for as
 * long as it takes: nothing else would tell an operator that what is seen is old.
 */
final class Heart implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.discovery");

    private final Duration every;
    private final List<Runnable> told = new CopyOnWriteArrayList<>();
    private volatile String trouble = "";
    private @Nullable Thread thread;

    Heart(Duration every) {
        this.every = every;
    }

    /** Called when the server goes away or is back. */
    void tell(Runnable changed) {
        told.add(changed);
    }

    void forget(Runnable changed) {
        told.remove(changed);
    }

    void start(KubernetesClient client) {
        thread = Thread.ofVirtual().name("kubernetes-heart").start(() -> beat(client));
    }

    /** What is seen, and that it may be old. */
    Picture onto(Picture picture) {
        String now = trouble;
        return now.isEmpty() || !picture.problems().isEmpty() ? picture : picture.withProblem(now);
    }

    private void beat(KubernetesClient client) {
        try {
            while (true) {
                Thread.sleep(every);
                String now = ask(client);
                if (now.isEmpty() != trouble.isEmpty()) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "{0}",
                            now.isEmpty() ? "the API server is back" : now + "; what was found before stays in use");
                    trouble = now;
                    told.forEach(Runnable::run);
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static String ask(KubernetesClient client) {
        try {
            client.raw("/version");
            return "";
        } catch (KubernetesClientException failed) {
            boolean answered = failed.getCode() > 0;
            return answered ? "" : Feed.words(failed, "the API server's version");
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}
