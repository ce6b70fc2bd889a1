package dev.sluice.app;

import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.Discovery;
import dev.sluice.gateway.config.EndpointConfig;
import dev.sluice.gateway.config.EndpointsFile;
import dev.sluice.gateway.config.ErrorFormat;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.PrewarmConfig;
import dev.sluice.knative.KubernetesSource;
import dev.sluice.spi.Endpoint;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description =
                "Looks at everything that a configuration leads to, one line each with the fix: engines, rights in Kubernetes,"
                        + " time limits. Sends no inference request. Exit 1 when something will not work.")
final class DoctorCommand implements Callable<Integer> {
    private static final int SEARCH_SECONDS = 10;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** An engine that is to be looked at. */
    private record Patient(String where, Endpoint endpoint, String engine, boolean secure) {}

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        Loaded loaded =
                options.load(Catalog.onClassPath(), OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());
        err.print(ErrorFormat.TEXT.format(loaded.errors(), loaded.warnings()));
        err.flush();
        if (loaded.config().isEmpty()) {
            return Main.WRONG_USE;
        }
        List<Finding> findings = new ArrayList<>();
        for (PoolConfig pool : loaded.config().get().pools()) {
            findings.addAll(pool(pool));
        }
        PrintWriter out = spec.commandLine().getOut();
        findings.forEach(finding -> out.println(json ? finding.json() : finding.text()));
        out.flush();
        return findings.stream().anyMatch(f -> f.level() == Finding.Level.FAIL) ? Main.FAILED : Main.FINE;
    }

    private static List<Finding> pool(PoolConfig pool) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        List<Patient> patients = new ArrayList<>();
        Optional<Wanted> wanted = pool.discovery().flatMap(Discovery::wanted);
        if (wanted.isPresent()) {
            search(pool, wanted.get(), findings, patients);
        } else {
            for (EndpointConfig row : rows(pool)) {
                Endpoint endpoint = row.endpoint();
                patients.add(new Patient(
                        pool.name() + "/" + endpoint.id(),
                        endpoint,
                        endpoint.address(),
                        row.secure(pool.tls().isPresent())));
            }
        }
        findings.addAll(examined(pool, patients));
        findings.add(TimeLimits.smallest(
                pool, patients.stream().map(Patient::endpoint).toList()));
        return findings;
    }

    private static List<EndpointConfig> rows(PoolConfig pool) {
        return pool.discovery()
                .flatMap(Discovery::file)
                .map(file -> EndpointsFile.read(file).rows())
                .orElse(pool.endpoints());
    }

    private static void search(PoolConfig pool, Wanted wanted, List<Finding> findings, List<Patient> patients)
            throws InterruptedException {
        String where = pool.name();
        try (KubernetesSource source = new KubernetesSource()) {
            List<String> missing;
            try {
                missing = new ArrayList<>(source.missing(wanted));
                if (pool.prewarm()
                        .filter(p -> p.mode() == PrewarmConfig.Mode.PATCH)
                        .isPresent()) {
                    missing.addAll(source.missingToScale(wanted));
                }
            } catch (RuntimeException broken) {
                findings.add(Finding.fail(
                        where,
                        "no Kubernetes API: " + broken.getMessage(),
                        "run it in the cluster, or set KUBECONFIG"));
                return;
            }
            missing.forEach(line ->
                    findings.add(Finding.fail(where, line, "grant it by a Role in that namespace (docs/knative.md)")));
            if (missing.isEmpty()) {
                findings.add(Finding.ok(where, "has the rights that it needs in namespace " + wanted.namespace()));
            }
            CompletableFuture<Picture> seen = new CompletableFuture<>();
            CompletableFuture<Picture> some = new CompletableFuture<>();
            try (var _ = source.watch(wanted, picture -> {
                if (picture.seen()) {
                    seen.complete(picture);
                    if (!picture.found().isEmpty()) {
                        some.complete(picture);
                    }
                }
            })) {
                seen.get(SEARCH_SECONDS, TimeUnit.SECONDS);
                Picture picture =
                        some.completeOnTimeout(seen.join(), 1, TimeUnit.SECONDS).join();
                found(pool, picture, findings, patients);
            } catch (TimeoutException late) {
                findings.add(Finding.fail(
                        where,
                        "nothing was heard of the API server in " + SEARCH_SECONDS + " s",
                        "see the warnings in the log"));
            } catch (ExecutionException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    private static void found(PoolConfig pool, Picture picture, List<Finding> findings, List<Patient> patients) {
        boolean knative = pool.discovery().flatMap(Discovery::knative).isPresent();
        for (Picture.Found found : picture.found()) {
            String where = pool.name() + "/" + found.endpoint().id();
            switch (found.standing()) {
                case IN ->
                    patients.add(new Patient(
                            where, found.endpoint(), found.engine(), pool.tls().isPresent() && !knative));
                case HELD -> findings.add(Finding.warn(where, found.reason(), "look at the pod's events and log"));
                case DRAINING -> findings.add(Finding.ok(where, found.reason()));
            }
        }
        for (Picture.Revision revision : picture.revisions()) {
            if (!revision.broken().isEmpty()) {
                findings.add(Finding.fail(
                        pool.name() + "/" + revision.name(),
                        revision.broken(),
                        "no pod can come up until that is mended"));
            }
        }
        if (picture.found().isEmpty()) {
            findings.add(
                    picture.revisions().isEmpty()
                            ? Finding.fail(
                                    pool.name(), "nothing was found", "compare the selector with the pods' labels")
                            : Finding.ok(pool.name(), "has no pod now: the first request wakes it"));
        }
    }

    private static List<Finding> examined(PoolConfig pool, List<Patient> patients) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Finding>>> running = new ArrayList<>();
            for (Patient p : patients) {
                running.add(each.submit(() -> new EngineExam(p.where(), p.engine(), p.secure(), pool).findings()));
            }
            for (Future<List<Finding>> one : running) {
                findings.addAll(one.get());
            }
        } catch (ExecutionException broken) {
            throw new IllegalStateException(broken.getCause());
        }
        return findings;
    }
}
