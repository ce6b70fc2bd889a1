package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chatBytes;
import static dev.sluice.gateway.GatewayFixture.readAll;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A request that engines die of. */
@Timeout(120)
class PoisonTest {
    @TempDir
    Path dir;

    private final AtomicInteger deaths = new AtomicInteger();

    /** Eight engines whose connection breaks when they are asked for poison. */
    private List<ScriptedEngine> engines() throws Exception {
        List<ScriptedEngine> engines = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            engines.add(new ScriptedEngine("base").does((q, out) -> {
                if (q.body().contains("poison")) {
                    deaths.incrementAndGet();
                    if (q.body().contains("slow")) {
                        begin(out);
                        chunk(out, delta("a"));
                        return false; // no reset: that may overtake what was written
                    }
                    q.socket().setSoLinger(true, 0);
                    return false;
                }
                return whole(out, 200, ANSWER);
            }));
        }
        return engines;
    }

    private static String says(String words, boolean stream) {
        return "{\"model\":\"base\",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + words
                + "\"}]}";
    }

    @Test
    void itIsStoppedAfterTwoEnginesAndOthersAreUnharmed() throws Exception {
        List<ScriptedEngine> engines = engines();
        try (GatewayFixture gateway = GatewayFixture.before(dir, engines)) {
            HttpResponse<String> first = gateway.post(CHAT, says("poison", false));
            assertThat(first.statusCode()).isEqualTo(502);
            assertThat(deaths).hasValue(2);
            HttpResponse<String> again = gateway.post(CHAT, says("poison", false));
            assertThat(again.statusCode()).isEqualTo(400);
            assertThat(again.body()).contains("not tried again for a while");
            assertThat(deaths).as("no third engine").hasValue(2);
            for (int i = 0; i < 20; i++) {
                assertThat(gateway.post(CHAT, says("fine " + i, false)).statusCode())
                        .isEqualTo(200);
            }
            assertThat(gateway.admin("/metrics").body()).contains("reason=\"quarantined\"");
            gateway.awaitIdle();
        } finally {
            for (ScriptedEngine engine : engines) {
                engine.close();
            }
        }
    }

    @Test
    void deathsInTheMiddleOfAStreamCountAcrossRequests() throws Exception {
        List<ScriptedEngine> engines = engines();
        try (GatewayFixture gateway = GatewayFixture.before(dir, engines)) {
            for (int i = 0; i < 6 && gateway.gateway.runtime().poison.held() == 0; i++) {
                try (Socket client = gateway.raw(chatBytes(says("slow poison", true)))) {
                    String cut = readAll(client.getInputStream());
                    assertThat(cut).contains("upstream_cut").doesNotContain("[DONE]");
                }
                // A death is written down when its claim has been given back.
                TenantFixture.until(() -> gateway.gateway.runtime().inFlight.get() == 0);
            }
            int dead = deaths.get();
            assertThat(dead).as("two, or an engine was asked twice in a row").isGreaterThanOrEqualTo(2);
            assertThat(gateway.post(CHAT, says("slow poison", true)).statusCode())
                    .isEqualTo(400);
            assertThat(deaths).hasValue(dead);
            gateway.awaitIdle();
        } finally {
            for (ScriptedEngine engine : engines) {
                engine.close();
            }
        }
    }

    @Test
    void withoutAQuarantineEachRequestStopsAtTwo() throws Exception {
        List<ScriptedEngine> engines = engines();
        try (GatewayFixture gateway = GatewayFixture.withServer(dir, engines, "limits: {quarantine: 0s}")) {
            for (int i = 1; i <= 2; i++) {
                assertThat(gateway.post(CHAT, says("poison", false)).statusCode())
                        .isEqualTo(502);
                assertThat(deaths).hasValue(2 * i);
            }
        } finally {
            for (ScriptedEngine engine : engines) {
                engine.close();
            }
        }
    }
}
