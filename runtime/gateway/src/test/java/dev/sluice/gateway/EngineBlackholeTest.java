package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An engine whose host takes no connections any more, and does not say so: a listener with a full backlog drops what knocks. */
@Timeout(60)
class EngineBlackholeTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";

    @TempDir
    Path dir;

    @Test
    void aHostThatSwallowsConnectionsCostsTheConnectLimitAndNoRequest() throws Exception {
        ScriptedEngine.Script good = (request, out) -> whole(out, 200, ANSWER);
        try (ScriptedEngine one = new ScriptedEngine("base").does(good);
                ScriptedEngine two = new ScriptedEngine("base").does(good);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two), "timeouts: {connect: 200ms}")) {
            gateway.awaitServing(2);
            two.die();
            List<Socket> filling = new ArrayList<>();
            try (ServerSocket hole = new ServerSocket()) {
                hole.setReuseAddress(true);
                hole.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), two.port()), 1);
                fill(two.port(), filling);
                long slowest = 0;
                for (int i = 0; i < 40; i++) {
                    long since = System.nanoTime();
                    assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
                    slowest = Math.max(slowest, System.nanoTime() - since);
                }
                assertThat(one.requests()).hasSize(40);
                assertThat(slowest / 1_000_000).as("ms of the slowest").isLessThan(5_000);
            } finally {
                for (Socket socket : filling) {
                    socket.close();
                }
            }
        }
    }

    /** Connects until nobody answers any more. */
    private static void fill(int port, List<Socket> filling) throws IOException {
        while (true) {
            Socket socket = new Socket();
            filling.add(socket);
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            } catch (SocketTimeoutException full) {
                return;
            }
            assertThat(filling).as("connections that a backlog of one takes").hasSizeLessThan(50);
        }
    }
}
