package dev.sluice.knative;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * The objects of one kind in one namespace, kept up to date by an informer that never gives up. What was known when the API
 * server went away stays known.
 */
final class Feed<T extends HasMetadata> implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.discovery");
    /** The client tells of every attempt, with its stack; here each trouble is told once. Held, so that the level is. */
    private static final List<Logger> QUIET = Stream.of(
                    "io.fabric8.kubernetes.client.informers.impl.cache.Reflector",
                    "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils")
            .map(Logger::getLogger)
            .toList();

    static {
        QUIET.forEach(logger -> logger.setLevel(Level.OFF));
    }

    /** Objects as they lie in the cache are not read after the change that is told of, so nothing is done here but to ring. */
    private final String what;

    private final System.Logger.Level loud;
    private final Runnable changed;
    private final SharedIndexInformer<T> informer;
    private volatile String problem = "";
    private volatile boolean closed;

    /**
     * Begins to list and watch.
     *
     * @param what resource, group and namespace, for messages: {@code pods in namespace models}
     * @param changed called after each change, from the client's threads: must not wait
     */
    Feed(Informable<T> objects, String what, Runnable changed) {
        this(objects, what, changed, System.Logger.Level.WARNING);
    }

    /** @param loud how trouble is logged: what is not needed may be missing */
    Feed(Informable<T> objects, String what, Runnable changed, System.Logger.Level loud) {
        this.what = what;
        this.loud = loud;
        this.changed = changed;
        this.informer = objects.runnableInformer(0).itemStore(new LeanStore<>());
        informer.exceptionHandler((started, error) -> {
            trouble(error);
            return !closed; // the default gives up for good when the API server is away at the start
        });
        informer.addEventHandler(new Changes());
        informer.start().whenComplete((done, error) -> {
            if (error != null) {
                trouble(error);
            } else {
                problem = "";
            }
            changed.run();
        });
    }

    /** What is known now, by name: the store's order already, so this costs little. */
    List<T> items() {
        return informer.getStore().list().stream()
                .sorted(Comparator.comparing(o -> o.getMetadata().getName()))
                .toList();
    }

    /** True when the list has come. */
    boolean synced() {
        return informer.hasSynced();
    }

    /** What stands in the way; empty while it works. */
    Optional<String> problem() {
        return problem.isEmpty() || (informer.hasSynced() && informer.isWatching())
                ? Optional.empty()
                : Optional.of(problem);
    }

    /** True when it may not be read, or does not exist here: nothing will come of waiting. */
    boolean refused() {
        return problem()
                .filter(p -> p.startsWith("may not") || p.startsWith("no such"))
                .isPresent();
    }

    private void trouble(Throwable error) {
        if (closed) {
            return;
        }
        String now = words(error, what);
        boolean news = !now.equals(problem);
        problem = now;
        if (news) {
            LOG.log(loud, "{0}; what was found before stays in use, and it is tried again", now);
            changed.run();
        }
    }

    static String words(Throwable error, String what) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof KubernetesClientException refused) {
                switch (refused.getCode()) {
                    case 401 -> {
                        return "the API server does not know who asks for " + what + " (401)";
                    }
                    case 403 -> {
                        return "may not list and watch " + what + ": grant these verbs by a Role";
                    }
                    case 404 -> {
                        return "no such resource: " + what;
                    }
                    default -> {}
                }
            }
        }
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return "can't read " + what + ": "
                + (message == null || message.isBlank() ? root.getClass().getSimpleName() : message);
    }

    @Override
    public void close() {
        closed = true;
        informer.close();
    }

    private final class Changes implements ResourceEventHandler<T> {
        /** A list has come, which may be an empty one: who waits for it need not wait for the watch that follows. */
        @Override
        public void onList(String version, boolean empty) {
            changed.run();
        }

        @Override
        public void onAdd(T object) {
            changed.run();
        }

        @Override
        public void onUpdate(T before, T after) {
            changed.run();
        }

        @Override
        public void onDelete(T object, boolean unknown) {
            changed.run();
        }
    }
}
