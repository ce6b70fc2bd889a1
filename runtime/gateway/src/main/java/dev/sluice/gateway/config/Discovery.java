package dev.sluice.gateway.config;

import dev.sluice.core.discovery.Wanted;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a pool's endpoints come from. */
public record Discovery(
        @Doc("A file with key `endpoints:`, watched. Rows as under `pools[].endpoints`, or llm-d's.")
        Optional<Path> file,

        @Doc("Knative revisions; they are woken when they have no pod.")
        Optional<Knative> knative,

        @Doc("What KServe runs under a name: an InferenceService on Knative, or an LLMInferenceService.")
        Optional<Kserve> kserve,

        @Doc("The pods that an InferencePool selects.") Optional<Pool> inferencePool,
        @Doc("Pods.") Optional<Pods> pods) {
    /** Refuses two places, and none. */
    public Discovery {
        long said = Stream.of(file, knative, kserve, inferencePool, pods)
                .filter(Optional::isPresent)
                .count();
        if (said != 1) {
            throw new ConfigException("expected one of file, knative, kserve, inferencePool, pods");
        }
    }

    /** A file of endpoints. */
    public Discovery(Path file) {
        this(Optional.of(file), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** The pods of an InferencePool. */
    public static Discovery ofPool(String namespace, String name) {
        return new Discovery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(new Pool(namespace, name)),
                Optional.empty());
    }

    /** Pods with these labels. */
    public static Discovery ofPods(String namespace, String selector, int port) {
        return new Discovery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(new Pods(namespace, selector, port)));
    }

    /** What to look for in Kubernetes; empty when the endpoints stand in a file. */
    public Optional<Wanted> wanted() {
        return knative.<Wanted>map(k -> new Wanted.Knative(k.namespace(), k.selector()))
                .or(() -> kserve.map(k -> new Wanted.Kserve(k.namespace(), k.name())))
                .or(() -> inferencePool.map(p -> new Wanted.InferencePool(p.namespace(), p.name())))
                .or(() -> pods.map(p -> new Wanted.Pods(p.namespace(), p.selector(), p.port())));
    }

    /** Knative revisions. */
    public record Knative(
            @Doc("Their namespace.") String namespace,

            @Doc("Labels of the revisions' template, such as `app=chat`.")
            String selector) {
        /** Refuses what is no name and no selector. */
        public Knative {
            checkName("namespace", namespace);
            checkSelector(selector);
        }
    }

    /** What KServe runs. */
    public record Kserve(
            @Doc("Its namespace.") String namespace,

            @Doc("Name of the InferenceService or LLMInferenceService.")
            String name) {
        /** Refuses what is no name. */
        public Kserve {
            checkName("namespace", namespace);
            checkName("name", name);
        }
    }

    /** An InferencePool. */
    public record Pool(
            @Doc("Its namespace.") String namespace,
            @Doc("Its name.") String name) {
        /** Refuses what is no name. */
        public Pool {
            checkName("namespace", namespace);
            checkName("name", name);
        }
    }

    /** Pods. */
    public record Pods(
            @Doc("Their namespace.") String namespace,
            @Doc("Labels of the pods, such as `app=chat`.") String selector,

            @Doc("Where their engines listen.") @Range(min = 1, max = 65535)
            int port) {
        /** Refuses what is no name and no selector. */
        public Pods {
            checkName("namespace", namespace);
            checkSelector(selector);
        }
    }

    static void checkName(String key, String text) {
        if (!text.matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")) {
            throw new ConfigException(key + " must be a Kubernetes name, is \"" + text + "\"");
        }
    }

    static void checkSelector(String text) {
        String part = "!?[A-Za-z0-9]([A-Za-z0-9._/-]{0,300})( ?(=|==|!=) ?[A-Za-z0-9._-]{0,63})?";
        if (!text.matches(part + "(, ?" + part + ")*")) {
            throw new ConfigException("selector must be labels, such as app=chat,tier!=old, is \"" + text + "\"");
        }
    }
}
