package dev.sluice.gateway;

import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.tenant.Tenant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thousand tenants. */
@Timeout(300)
class TenantScaleTest {
    private static final int TENANTS = 1000;
    private static final int CHANGES = Integer.getInteger("sluice.tenant.changes", 20);
    /** The bar is 100 ms; a machine that builds beside it needs a wider one. */
    private static final int MILLIS = Integer.getInteger("sluice.tenant.millis", 2000);

    @TempDir
    Path dir;

    @Test
    void aChangeOfOneIsInForceAtOnceAndAsAWhole() throws Exception {
        Path directory = Files.createDirectories(dir.resolve("tenants"));
        for (int i = 0; i < TENANTS; i++) {
            Files.writeString(directory.resolve("t" + i + ".yaml"), text(i, 0));
        }
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            LiveState runtime = tenants.gateway.gateway.runtime();
            assertThat(runtime.settings.tenants().all()).hasSize(TENANTS);
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger mixes = new AtomicInteger();
            Thread reader = Thread.ofPlatform().start(() -> {
                while (!done.get()) {
                    Tenant one = runtime.settings.tenants().caller(key("t7")).tenant();
                    // Both values of a file change together.
                    int generation = one.priority();
                    if (one.config().orElseThrow().cache().epoch() != generation) {
                        mixes.incrementAndGet();
                    }
                    java.util.concurrent.locks.LockSupport.parkNanos(100_000);
                }
            });
            long[] took = new long[CHANGES];
            for (int i = 0; i < CHANGES; i++) {
                int generation = i + 1;
                long began = System.nanoTime();
                tenants.put("t7", text(7, generation));
                took[i] = System.nanoTime() - began;
                assertThat(runtime.settings.tenants().caller(key("t7")).tenant().priority())
                        .isEqualTo(generation);
            }
            done.set(true);
            while (reader.isAlive()) {
                reader.join();
            }
            Arrays.sort(took);
            long p99 = took[(int) Math.ceil(CHANGES * 0.99) - 1];
            System.out.printf(
                    "%d tenants, %d changes: p50 %.1f ms, p99 %.1f ms%n",
                    TENANTS, CHANGES, took[CHANGES / 2] / 1e6, p99 / 1e6);
            assertThat(mixes).hasValue(0);
            assertThat(p99 / 1_000_000).isLessThan(MILLIS);
        }
    }

    private static String text(int i, int generation) {
        return file(
                "t" + i,
                "priority: " + generation + "\nroutes: [{models: [base], pool: chat}]\ncache: {epoch: " + generation
                        + "}\n");
    }
}
