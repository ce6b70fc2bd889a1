package dev.sluice.knative;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Wanted;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds endpoints through the API of the cluster that this process runs in, or that its {@code KUBECONFIG} names. The client is
 * made by {@link #prepare} or by the first search, on a thread of theirs.
 */
public final class KubernetesSource implements EndpointSource {
    private static final System.Logger LOG = System.getLogger("dev.sluice.discovery");
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration BEAT = Duration.ofSeconds(5);
    private static final String MERGE_PATCH = "application/merge-patch+json";
    private static final int PATCH_SECONDS = 10;
    private static final Duration CONNECTING = Duration.ofSeconds(2);

    private final Duration patience;
    private final Heart heart;
    private final Supplier<Config> config;
    private @Nullable KubernetesClient client;
    private @Nullable Bell bell;
    private volatile @Nullable Thread preparing;
    private volatile boolean closed;

    /** A source for the cluster that the environment names. */
    public KubernetesSource() {
        this(() -> new ConfigBuilder().build(), PATIENCE, BEAT);
    }

    /**
     * @param patience how long endpoints are kept that have all vanished at once
     * @param beat how often the API server is asked whether it is there
     */
    KubernetesSource(Supplier<Config> config, Duration patience, Duration beat) {
        this.config = config;
        this.heart = new Heart(beat);
        this.patience = patience;
    }

    @Override
    public Watching watch(Wanted wanted, Consumer<Picture> news) {
        String name = wanted.namespace() + "/" + wanted.words();
        AtomicBoolean reviewed = new AtomicBoolean();
        return new Search(name, changed -> open(wanted, connected(), changed), heart, patience, picture -> {
            news.accept(picture);
            // Not before: what is found makes a gateway ready, and this only warns.
            boolean told = picture.seen() || !picture.problems().isEmpty();
            if (told && !reviewed.getAndSet(true)) {
                Thread.ofVirtual().name("rights-" + name).start(() -> review(wanted));
            }
        });
    }

    /**
     * Makes the client and its first connection on a thread of its own, while the gateway does what else belongs to its start. What goes
     * wrong is met again by the first search, which says so.
     */
    public void prepare() {
        preparing = Thread.ofVirtual().name("kubernetes-prepares").start(() -> {
            try {
                client().raw("/version");
            } catch (RuntimeException again) {
                LOG.log(System.Logger.Level.DEBUG, "nothing is prepared", again);
            }
        });
    }

    private void review(Wanted wanted) {
        try {
            List<String> missing = missing(wanted);
            if (!closed) {
                missing.forEach(line -> LOG.log(System.Logger.Level.WARNING, "{0}", line));
            }
        } catch (RuntimeException closing) {
            LOG.log(System.Logger.Level.DEBUG, "no review of rights", closing);
        }
    }

    /** Lists that are asked for before a connection is there would each make one, with its own handshake, and be later. */
    private KubernetesClient connected() {
        Thread first = preparing;
        try {
            if (first != null) {
                first.join(CONNECTING);
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
        return client();
    }

    private static Sight open(Wanted wanted, KubernetesClient client, Runnable changed) {
        // Not a switch: a class would be made for it at each start.
        if (wanted instanceof Wanted.Knative k) {
            return new KnativeSight(client, k.namespace(), k.selector(), changed);
        } else if (wanted instanceof Wanted.Kserve k) {
            return new KserveSight(client, k.namespace(), k.name(), changed);
        } else if (wanted instanceof Wanted.InferencePool p) {
            return new PoolSight(client, p.namespace(), p.name(), changed);
        }
        Wanted.Pods p = (Wanted.Pods) wanted;
        return new PodSight(client, p.namespace(), p.selector(), pod -> p.port(), changed);
    }

    private synchronized KubernetesClient client() {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        if (client == null) {
            client = new KubernetesClientBuilder()
                    .withHttpClientFactory(new JdkHttpClientFactory())
                    .withConfig(patient(config.get()))
                    .withKubernetesSerialization(Reading.lean())
                    .build();
            heart.start(client);
        }
        return client;
    }

    /** An informer repeats by itself; that the client does so too would only make it late. */
    private static Config patient(Config config) {
        return new ConfigBuilder(config)
                .withRequestRetryBackoffLimit(1)
                .withRequestRetryBackoffInterval(100)
                .withWatchReconnectInterval(250)
                .build();
    }

    @Override
    public Rang ring(Picture.Revision revision, Duration most) throws InterruptedException {
        Optional<Bell> here = bell();
        return here.isEmpty() ? Rang.FAILED : here.get().ring(revision, most);
    }

    /** Made when something sleeps, and not while the gateway starts; empty when closed. */
    private synchronized Optional<Bell> bell() {
        if (bell == null && !closed) {
            bell = new Bell();
        }
        return Optional.ofNullable(bell);
    }

    /** Sent as it is: the client's own {@code patch} reads the object first, and would need the right to {@code get} it. */
    @Override
    public Optional<String> scale(Picture.Revision revision, int least, long until) {
        String what = "revisions.serving.knative.dev in namespace " + revision.namespace();
        try {
            HttpClient http = client().getHttpClient();
            HttpResponse<String> answer = http.sendAsync(
                            http.newHttpRequestBuilder()
                                    .uri(URI.create(client().getMasterUrl() + "apis/serving.knative.dev/v1/namespaces/"
                                            + revision.namespace() + "/revisions/" + revision.name()))
                                    .patch(MERGE_PATCH, ScaleNotes.patch(revision.scaling(), least, until))
                                    .build(),
                            String.class)
                    .get(PATCH_SECONDS, TimeUnit.SECONDS);
            return answer.isSuccessful()
                    ? Optional.empty()
                    : Optional.of(
                            answer.code() == 403
                                    ? "may not patch " + what + ": grant this verb by a Role (" + said(answer.body())
                                            + ")"
                                    : "can't patch " + what + ": " + answer.code() + " " + said(answer.body()));
        } catch (ExecutionException | TimeoutException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            return Optional.of("can't patch " + what + ": " + cause);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            return Optional.of("can't patch " + what + ": interrupted");
        }
    }

    /** What the API says of a refusal: a missing right of a Role, or what a webhook denies. */
    private static String said(@Nullable String body) {
        try {
            String message = Serialization.unmarshal(Objects.requireNonNullElse(body, ""), Status.class)
                    .getMessage();
            return Objects.requireNonNullElse(message, "it says not why");
        } catch (RuntimeException noStatus) {
            return "it says not why";
        }
    }

    @Override
    public List<String> missing(Wanted wanted) {
        return Rights.missing(client(), wanted);
    }

    @Override
    public List<String> missingToScale(Wanted wanted) {
        return Rights.missingToScale(client(), wanted.namespace());
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (bell != null) {
            bell.close();
        }
        heart.close();
        if (client != null) {
            client.close();
        }
    }
}
