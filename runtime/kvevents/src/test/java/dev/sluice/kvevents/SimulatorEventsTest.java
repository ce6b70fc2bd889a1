package dev.sluice.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.BlockKeys;
import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvEventSource.Subscription;
import dev.sluice.core.kv.KvNews;
import dev.sluice.core.kv.Match;
import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.events.EventOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stand-in's publisher, the reader and the index together, over real sockets. */
@Timeout(60)
@SuppressWarnings("try")
class SimulatorEventsTest {
    private static final long[] PLAIN = {};

    private final HttpClient http = HttpClient.newHttpClient();
    private final ZmqKvEvents reader = new ZmqKvEvents();
    private final Believed believed = new Believed();

    @AfterEach
    void stop() {
        reader.close();
        http.close();
    }

    private static SimulatorServer start(EventOptions events) {
        return SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .timeScale(0.05)
                .events(events)
                .build());
    }

    private Subscription subscribe(SimulatorServer server) {
        EventOptions events = server.options().events();
        return reader.subscribe(
                new KvEngine(
                        "e", local(events.endpoint()), Optional.of(local(events.replayEndpoint())), Optional.empty()),
                believed);
    }

    private static String local(String endpoint) {
        return endpoint.replace("*", "127.0.0.1");
    }

    private static int[] prompt(int first) {
        return IntStream.range(first, first + 64).toArray();
    }

    private void ask(SimulatorServer server, int[] prompt, String more) throws Exception {
        String ids = Arrays.stream(prompt).mapToObj(Integer::toString).collect(Collectors.joining(","));
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.port() + "/v1/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":[" + ids + "],\"max_tokens\":1" + more + "}"))
                .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }

    @Test
    void bothFormsLeadFromTokenIdsToTheBlocksThatTheEngineHolds() throws Exception {
        for (EventOptions events : new EventOptions[] {
            EventOptions.onFreePorts(), EventOptions.onFreePorts().inOldForms()
        }) {
            try (SimulatorServer server = start(events);
                    Subscription subscription = subscribe(server)) {
                ask(server, prompt(1000), "");
                believed.await(prompt(1000), PLAIN, 4);
                assertThat(believed.held(prompt(2000), PLAIN)).isZero();
            }
        }
    }

    @Test
    void saltedBlocksAreOnlyFoundWithTheSalt() throws Exception {
        try (SimulatorServer server = start(EventOptions.onFreePorts());
                Subscription subscription = subscribe(server)) {
            ask(server, prompt(1000), ",\"cache_salt\":\"t1\"");
            long[] salt = {BlockKeys.extra("t1", 0)};
            believed.await(prompt(1000), salt, 4);
            assertThat(believed.held(prompt(1000), PLAIN)).isZero();
        }
    }

    @Test
    void whatTheNetworkDropsComesByReplay() throws Exception {
        try (SimulatorServer server = start(EventOptions.onFreePorts());
                Subscription subscription = subscribe(server)) {
            ask(server, prompt(1000), "");
            believed.await(prompt(1000), PLAIN, 4);
            server.events().orElseThrow().drop(1);
            ask(server, prompt(2000), "");
            ask(server, prompt(3000), "");
            believed.await(prompt(3000), PLAIN, 4);
            assertThat(believed.held(prompt(2000), PLAIN)).isEqualTo(4);
        }
    }

    @Test
    void scrambledBytesAreCountedAndTheNextBatchIsRead() throws Exception {
        try (SimulatorServer server = start(EventOptions.onFreePorts());
                Subscription subscription = subscribe(server)) {
            ask(server, prompt(1000), "");
            believed.await(prompt(1000), PLAIN, 4);
            server.events().orElseThrow().garble(1);
            ask(server, prompt(2000), "");
            ask(server, prompt(3000), "");
            believed.await(prompt(3000), PLAIN, 4);
            assertThat(believed.malformed()).isPositive();
        }
    }

    @Test
    void anEngineThatStartsAgainHoldsNothing() throws Exception {
        try (SimulatorServer server = start(EventOptions.onFreePorts());
                Subscription subscription = subscribe(server)) {
            ask(server, prompt(1000), "");
            believed.await(prompt(1000), PLAIN, 4);
            server.stop();
            server.restart();
            believed.await(prompt(1000), PLAIN, 0);
            ask(server, prompt(2000), "");
            believed.await(prompt(2000), PLAIN, 4);
        }
    }

    /** The index as a reader's news make it. */
    private static final class Believed implements KvEventSink {
        private final BlockIndex index = new BlockIndex(7, 100_000);
        private final int lane = index.open(100_000);
        private final Match match = new Match();
        private long malformed;

        @Override
        public synchronized boolean offer(KvNews news) {
            switch (news) {
                case KvNews.Batch batch -> batch.batch().events().forEach(event -> index.apply(lane, event));
                case KvNews.Reset reset -> index.clear(lane);
                case KvNews.Live live -> {}
            }
            notifyAll();
            return true;
        }

        @Override
        public synchronized void count(Oddity what, long many) {
            malformed += what == Oddity.MALFORMED ? many : 0;
        }

        synchronized long malformed() {
            return malformed;
        }

        synchronized int held(int[] prompt, long[] extras) {
            long[] keys = index.keys().of(prompt, prompt.length, 16, "", extras);
            return index.match(keys, keys.length, match);
        }

        synchronized void await(int[] prompt, long[] extras, int blocks) throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (held(prompt, extras) != blocks) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                assertThat(left).as("holds %d", held(prompt, extras)).isPositive();
                wait(left);
            }
        }
    }
}
