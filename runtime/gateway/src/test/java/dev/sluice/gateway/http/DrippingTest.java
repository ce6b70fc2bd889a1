package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that send byte by byte. */
@Timeout(60)
class DrippingTest {
    private static final long LATER = Wire.in(Wire.FOREVER);

    /** Two ends of a connection, ours on the loop. */
    private record Pair(ChannelWire ours, SocketChannel theirs) implements AutoCloseable {
        static Pair on(Loop loop) throws IOException {
            try (ServerSocketChannel listener =
                    ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
                SocketChannel theirs = SocketChannel.open(listener.getLocalAddress());
                theirs.setOption(StandardSocketOptions.TCP_NODELAY, true);
                return new Pair(new ChannelWire(loop, listener.accept()), theirs);
            }
        }

        void send(String text) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                theirs.write(bytes);
            }
        }

        @Override
        public void close() throws IOException {
            theirs.close();
            ours.dispose();
        }
    }

    /** Reads a line, and waits already: what comes before is taken as it is. */
    private static CompletableFuture<Integer> line(Pair pair, ByteBuffer into) {
        CompletableFuture<Integer> read = new CompletableFuture<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                read.complete(pair.ours().readLine(into, LATER));
            } catch (IOException lost) {
                read.completeExceptionally(lost);
            }
        });
        while (reader.getState() != Thread.State.WAITING && reader.isAlive()) {
            Thread.onSpinWait();
        }
        return read;
    }

    /** What was sent before has been read by the loop: it has carried something sent later on another connection. */
    private static void carried(Pair other) throws Exception {
        FutureTask<Integer> read =
                new FutureTask<>(() -> other.ours().read(ByteBuffer.allocate(1), 1, Wire.FOREVER, LATER));
        Thread.ofVirtual().start(read);
        other.send("x");
        assertThat(read.get()).isEqualTo(1);
    }

    @Test
    void nobodyIsWokenBeforeALineEnds() throws Exception {
        try (Loop loop = Loop.start("test");
                Pair dripping = Pair.on(loop);
                Pair other = Pair.on(loop)) {
            CompletableFuture<Integer> read = line(dripping, ByteBuffer.allocate(100));
            for (char c : "Host: a\r".toCharArray()) {
                dripping.send(String.valueOf(c));
                carried(other);
                assertThat(read).isNotDone();
            }
            dripping.send("\nAc");
            assertThat(read.get()).isEqualTo(11);
        }
    }

    @Test
    void aFullBufferAndTheEndOfTheStreamWakeToo() throws Exception {
        try (Loop loop = Loop.start("test");
                Pair dripping = Pair.on(loop);
                Pair other = Pair.on(loop)) {
            CompletableFuture<Integer> full = line(dripping, ByteBuffer.allocate(3));
            dripping.send("ab");
            carried(other);
            dripping.send("c");
            assertThat(full.get()).isEqualTo(3);

            CompletableFuture<Integer> ended = line(dripping, ByteBuffer.allocate(100));
            dripping.send("ef");
            carried(other);
            dripping.theirs().shutdownOutput();
            assertThat(ended.get()).isEqualTo(2);
        }
    }

    @Test
    void aHeadThatDripsIsServedAndOneWithoutLinesIsRefusedByItsSize() throws Exception {
        try (Front front = new Front(HotConnectionsTest::echo);
                Raw slow = front.client();
                Raw endless = front.client()) {
            for (char c : HotConnectionsTest.post("/hot", "body").toCharArray()) {
                slow.send(String.valueOf(c));
            }
            assertThat(slow.answer().body()).isEqualTo("body");
            endless.send("GET /" + "x".repeat(HttpLimits.DEFAULT.headBytes()));
            assertThat(endless.answer().status()).isEqualTo(431);
        }
    }
}
