package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.GatewayFixture.chatBytes;
import static dev.sluice.gateway.Halves.ALWAYS;
import static dev.sluice.gateway.Halves.NIXL;
import static dev.sluice.gateway.Halves.PARAMS;
import static dev.sluice.gateway.Halves.prefilled;
import static dev.sluice.gateway.Halves.prefills;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.TwoLegsTest.metric;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that leave while their request is on two engines: everything leaves, and no block stays pinned untold. */
@Timeout(60)
class LeavingTest {
    private static final String SPLIT = NIXL + "\n    routing: always";

    @TempDir
    Path dir;

    private static double leases(GatewayFixture gateway, String state) throws Exception {
        return metric(gateway, "sluice_kv_leases{pool=\"chat\",state=\"" + state + "\"}");
    }

    private static double ended(GatewayFixture gateway, String how) throws Exception {
        return metric(gateway, "sluice_kv_lease_ends_total{how=\"" + how + "\",pool=\"chat\"}");
    }

    @Test
    void aClientThatLeavesDuringThePrefillClosesThatLeg() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        AtomicLong at = new AtomicLong();
        try (ScriptedEngine p = new ScriptedEngine("base").does((q, out) -> {
                    q.awaitClose();
                    at.set(System.nanoTime());
                    closed.countDown();
                    return false;
                });
                ScriptedEngine d = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(p), List.of(d), SPLIT, ALWAYS)) {
            Socket client = gateway.raw(chatBytes(chat(true)));
            p.arrived.await();
            long left = System.nanoTime();
            client.close();
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(TimeUnit.NANOSECONDS.toMillis(at.get() - left)).isLessThan(1000);
            gateway.awaitIdle();
            assertThat(d.requests()).isEmpty();
            assertThat(leases(gateway, "unsure")).isEqualTo(1);
            assertThat(metric(gateway, "sluice_cancelled_total{stage=\"prefill\"}"))
                    .isEqualTo(1);
        }
    }

    /** Whether the gateway has read the first byte when the client leaves is a race; however it ends, the blocks are told of. */
    @Test
    void anAnswerThatHasBegunIsReadToItsEndAndItsBlocksAreReleased() throws Exception {
        int rounds = 20;
        Semaphore begun = new Semaphore(0);
        Semaphore goOn = new Semaphore(0);
        String body = prefilled(PARAMS);
        try (ScriptedEngine p = new ScriptedEngine("base").does((q, out) -> {
                    out.write(("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + body.length()
                                    + "\r\n\r\n{")
                            .getBytes(StandardCharsets.ISO_8859_1));
                    out.flush();
                    begun.release();
                    goOn.acquire();
                    out.write(body.substring(1).getBytes(StandardCharsets.ISO_8859_1));
                    out.flush();
                    return true;
                });
                ScriptedEngine d = new ScriptedEngine("base").does((q, out) -> !q.awaitClose());
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(p), List.of(d), SPLIT, ALWAYS)) {
            for (int i = 0; i < rounds; i++) {
                Socket client = gateway.raw(chatBytes(chat(true)));
                begun.acquire();
                gateway.get("/v1/models");
                client.close();
                gateway.get("/v1/models");
                goOn.release();
                gateway.awaitIdle();
            }
            assertThat(ended(gateway, "released")).isBetween(rounds / 2.0, (double) rounds);
            assertThat(ended(gateway, "released") + leases(gateway, "unsure")).isEqualTo(rounds);
            assertThat(leases(gateway, "held") + leases(gateway, "left")).isZero();
            assertThat(d.requests()).allMatch(q -> q.body().contains(PARAMS));
        }
    }

    @Test
    void aClientThatLeavesBeforeTheFirstTokenCutsTheDecodeLeg() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does((q, out) -> {
                    arrived.countDown();
                    q.awaitClose();
                    cut.countDown();
                    return false;
                });
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(p), List.of(d), SPLIT, ALWAYS)) {
            Socket client = gateway.raw(chatBytes(chat(true)));
            arrived.await();
            client.close();
            assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
            gateway.awaitIdle();
            assertThat(ended(gateway, "released")).isEqualTo(1);
        }
    }

    @Test
    void aClientThatLeavesInTheMiddleOfItsStreamLeavesNothingBehind() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("hel"));
                    q.awaitClose();
                    cut.countDown();
                    return false;
                });
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(p), List.of(d), SPLIT, ALWAYS)) {
            Socket client = gateway.raw(chatBytes(chat(true)));
            GatewayFixture.readUntil(client.getInputStream(), "hel");
            client.close();
            assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
            gateway.awaitIdle();
            assertThat(ended(gateway, "fetched")).isEqualTo(1);
        }
    }
}
