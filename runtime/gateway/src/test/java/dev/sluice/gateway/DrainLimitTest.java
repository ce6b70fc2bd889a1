package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A drain whose time is over. */
@Timeout(60)
class DrainLimitTest {
    @TempDir
    Path dir;

    @Test
    void aStreamThatOutlastsTheDrainIsCutAndLooksSo() throws Exception {
        ScriptedEngine.Script endless = (request, out) -> {
            begin(out);
            chunk(out, delta("a"));
            request.awaitClose();
            return false;
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(endless);
                GatewayFixture gateway =
                        GatewayFixture.withServer(dir, List.of(engine), "drain: {notReadyFor: 0s, streams: 200ms}");
                Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)))) {
            String begun = GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            long since = System.nanoTime();
            gateway.gateway.drainAndClose();
            String rest = GatewayFixture.readAll(client.getInputStream());
            assertThat(begun).startsWith("HTTP/1.1 200");
            assertThat(rest)
                    .as("no marker, no last chunk")
                    .doesNotContain("[DONE]")
                    .doesNotEndWith("0\r\n\r\n");
            assertThat((System.nanoTime() - since) / 1_000_000).as("ms").isBetween(200L, 10_000L);
        }
    }
}
