package dev.sluice.gateway;

import dev.sluice.core.Outcome;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Usage;
import dev.sluice.core.index.Xxh64;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.Overrides;
import dev.sluice.gateway.http.Loop;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PluginWorkers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One pick with the default policy as the gateway makes it: match the prefix index, take a snapshot, score all endpoints, charge
 * the one chosen and remember the prompt; and the settling of the last one. A pool of 100 endpoints, conversations of 8k
 * tokens (512 blocks of 64 bytes), an index that knows them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class PickBench {
    private static final int ENDPOINTS = 100;
    private static final int BLOCKS = 512;
    private static final int CONVERSATIONS = 400;
    /** Of the blocks, those that all conversations share: a system prompt. */
    private static final int SHARED = 64;

    private static final int PROMPT_TOKENS = 8192;

    private final Loop loop = Loop.start("bench");
    private final List<Ask> asks = new ArrayList<>();
    private Assembly assembly = assembly();
    private LivePool pool = pool();
    private int next;

    private static String yaml() {
        StringBuilder yaml = new StringBuilder(
                "server: {host: 127.0.0.1}\npools:\n  - name: chat\n    models: [m]\n    endpoints:\n");
        for (int i = 0; i < ENDPOINTS; i++) {
            yaml.append("      - {url: \"http://10.0.0.").append(i).append(":8000\"}\n");
        }
        return yaml.toString();
    }

    private Assembly assembly() {
        try {
            Path file = Files.createTempFile("pick-bench", ".yaml");
            Files.writeString(file, yaml());
            Loaded loaded = new ConfigLoader().load(file, Catalog.onClassPath(), Overrides.NONE);
            Files.delete(file);
            return Assembly.build(
                    loaded.config()
                            .orElseThrow(() ->
                                    new IllegalStateException(loaded.errors().toString())),
                    loaded.catalog(),
                    new Meters("bench"),
                    loop,
                    new PluginWorkers(),
                    Optional.empty());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private LivePool pool() {
        assembly.apply();
        LivePool live = Objects.requireNonNull(assembly.pools.get("chat"));
        live.listed().forEach(endpoint -> live.probeSucceeded(endpoint.id(), List.of("m"), Set.of("m")));
        return live;
    }

    /** Conversations that have been at it for a while: each endpoint holds some. */
    @Setup
    public void fill() {
        for (int c = 0; c < CONVERSATIONS; c++) {
            long[] hashes = new long[BLOCKS];
            long last = 1;
            for (int i = 0; i < BLOCKS; i++) {
                last = Xxh64.hash(i < SHARED ? i : c * 1000L + i, last);
                hashes[i] = last;
            }
            asks.add(new Ask(request(c), hashes, BLOCKS, Set.of(), c));
        }
        for (int i = 0; i < 5 * CONVERSATIONS; i++) {
            pick();
        }
    }

    private static RoutingRequest request(int conversation) {
        return new RoutingRequest(
                "r" + conversation,
                "anonymous",
                "m",
                "/v1/chat/completions",
                name -> Optional.empty(),
                Optional.empty(),
                0,
                PROMPT_TOKENS,
                0,
                200,
                16,
                true,
                () -> "");
    }

    /** Places a request and settles it. */
    @Benchmark
    public boolean pick() {
        Ask ask = asks.get(next);
        next = (next + 1) % CONVERSATIONS;
        Placer.Placed placed = pool.place(ask, new Placer.Tried());
        placed.charge()
                .ifPresent(charge -> pool.settle(
                        charge,
                        Outcome.COMPLETED,
                        new Usage(PROMPT_TOKENS, PROMPT_TOKENS - 16, 200),
                        0,
                        4 * PROMPT_TOKENS,
                        ask));
        return placed.charge().isPresent();
    }

    /** Nothing is left running. */
    @TearDown
    public void close() {
        loop.close();
    }
}
