package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.GatewayFixture.chatBytes;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A loop's thread that waits for a pool's lock may wait for ever: for a virtual thread that is ahead of it in the queue and
 * that it would have to run itself. (The training of the AOT cache hung on that, on a busy machine.)
 */
@Timeout(30)
class LoopNeverWaitsTest {
    private static final int TOKENS = 100;

    @TempDir
    Path dir;

    private static ReentrantLock lock(GatewayFixture gateway) throws ReflectiveOperationException {
        var assembly = Gateway.class.getDeclaredField("assembly");
        assembly.setAccessible(true);
        LivePool pool = ((Assembly) assembly.get(gateway.gateway)).pools.get("chat");
        var lock = LivePool.class.getDeclaredField("lock");
        lock.setAccessible(true);
        return (ReentrantLock) lock.get(pool);
    }

    @Test
    void aStreamFlowsWhileSomebodyHoldsThePoolsLockAndOthersWaitForIt() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("first"));
                    goOn.await();
                    for (int i = 0; i < TOKENS; i++) {
                        chunk(out, delta("t" + i));
                    }
                    chunk(out, ScriptedEngine.finish("stop"));
                    chunk(out, ScriptedEngine.DONE);
                    return ScriptedEngine.end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine));
                Socket client = gateway.raw(chatBytes(chat(true)))) {
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            awaitLine(lines, "first");
            ReentrantLock lock = lock(gateway);
            lock.lock();
            try (Socket another = gateway.raw(chatBytes(chat(false)))) {
                while (!lock.hasQueuedThreads()) {
                    Thread.onSpinWait(); // the other request's thread is ahead of everybody
                }
                goOn.countDown();
                awaitLine(lines, "t" + (TOKENS - 1));
                lock.unlock();
                assertThat(another.getInputStream().read()).isEqualTo('H');
            } finally {
                if (lock.isHeldByCurrentThread()) {
                    lock.unlock();
                }
            }
            awaitLine(lines, "[DONE]");
            gateway.awaitIdle();
        }
    }

    private static void awaitLine(BufferedReader lines, String text) throws Exception {
        for (String line = lines.readLine(); ; line = lines.readLine()) {
            assertThat(line).as("before " + text).isNotNull();
            if (line.contains(text)) {
                return;
            }
        }
    }
}
