package dev.sluice.app.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Clients that want to be in the way: a quarter each sends nothing, a head byte by byte, a body byte by byte, or reads a stream byte by
 * byte. Who is thrown out comes back. One thread for all, which turns to each of them every three seconds.
 */
final class SlowClients implements AutoCloseable {
    private static final Duration TURN = Duration.ofSeconds(3);
    private static final int TICK_MILLIS = 50;
    private static final int TICKS = (int) (TURN.toMillis() / TICK_MILLIS);
    /** So many begin in one tick: more at once would be a flood, which is another test. */
    private static final int BEGIN = 100;

    private static final int ADDRESSES = 8;
    private static final int LINE = 60;

    private final InetSocketAddress target;
    private final Selector selector = Selector.open();
    private final Deque<Client> out = new ArrayDeque<>();
    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder thrownOut = new LongAdder();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicReference<@Nullable IOException> broken = new AtomicReference<>();
    private final CountDownLatch all = new CountDownLatch(1);
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(4096);
    private final int count;
    private final byte[] streamed;
    private final Thread thread;

    private enum Kind {
        IDLE,
        HEAD,
        BODY,
        READER
    }

    private static final class Client {
        private final Kind kind;
        private final int number;
        private SelectionKey key;
        private int sent;

        @SuppressWarnings("NullAway.Init") // Has a key whenever it is not out.
        Client(Kind kind, int number) {
            this.kind = kind;
            this.number = number;
        }
    }

    private SlowClients(int port, int count) throws IOException {
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.count = count;
        this.streamed = Wire.chat(Bodies.KB_8_STREAMS.body(0), true);
        for (int i = 0; i < count; i++) {
            out.add(new Client(Kind.values()[i % Kind.values().length], i));
        }
        thread = Thread.ofPlatform().daemon().name("slow clients").start(this::run);
    }

    /** Begins with so many, and waits until all are there. */
    static SlowClients open(int port, int count) throws IOException, InterruptedException {
        SlowClients clients = new SlowClients(port, count);
        if (!clients.all.await(60, TimeUnit.SECONDS) || clients.broken.get() != null) {
            clients.close(); // says what broke
            throw new IOException("only " + clients.open() + " of " + count + " slow clients could connect");
        }
        return clients;
    }

    /** Ends the bench where the clients have ended by themselves: what would be measured is not what it says. */
    private void check() throws IOException {
        IOException e = broken.get();
        if (e != null) {
            throw new IOException("the slow clients broke off with " + this + ": " + e.getMessage(), e);
        }
    }

    /** How many are connected now. */
    int open() {
        return open.get();
    }

    /** How often one was thrown out so far. */
    long thrownOut() {
        return thrownOut.sum();
    }

    private void run() {
        try {
            for (int tick = 0; !over.get(); tick = (tick + 1) % TICKS) {
                long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);
                begin();
                turn(tick);
                for (long left = TICK_MILLIS; left > 0; left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
                    selector.select(left);
                    answers();
                }
            }
        } catch (IOException e) {
            broken.set(e);
            over.set(true);
            all.countDown();
        }
    }

    private void begin() throws IOException {
        for (int i = 0; i < BEGIN && !out.isEmpty(); i++) {
            Client client = out.poll();
            client.sent = 0;
            SocketChannel channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (client.kind == Kind.READER) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            }
            byte last = (byte) (1 + client.number % ADDRESSES);
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, last}), 0));
            channel.connect(target);
            channel.configureBlocking(false);
            client.key = channel.register(selector, client.kind == Kind.READER ? 0 : SelectionKey.OP_READ, client);
            open.incrementAndGet();
            if (client.kind == Kind.READER) {
                channel.write(ByteBuffer.wrap(streamed));
            }
        }
        if (out.isEmpty()) {
            all.countDown();
        }
    }

    /** A byte to or from each whose turn it is. */
    private void turn(int tick) {
        for (SelectionKey key : selector.keys()) {
            Client client = (Client) key.attachment();
            if (client.number % TICKS != tick || !key.isValid()) {
                continue;
            }
            try {
                SocketChannel channel = (SocketChannel) key.channel();
                switch (client.kind) {
                    case IDLE -> {}
                    case HEAD, BODY -> channel.write(ByteBuffer.wrap(next(client)));
                    case READER -> {
                        if (channel.read(scratch.clear().limit(1)) < 0) {
                            lost(client);
                        }
                    }
                }
            } catch (IOException gone) {
                lost(client);
            }
        }
    }

    /** The next byte of a head or a body that has no end; of a body, the head with the first. */
    private static byte[] next(Client client) {
        int at = client.sent++;
        if (client.kind == Kind.BODY) {
            return (at > 0
                            ? "x"
                            : "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 30000\r\n\r\n{")
                    .getBytes(StandardCharsets.US_ASCII);
        }
        String start = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n";
        int line = at - start.length();
        char c = line < 0
                ? start.charAt(at)
                : switch (line % LINE) {
                    case 0 -> 'x';
                    case 1 -> ':';
                    case LINE - 2 -> '\r';
                    case LINE - 1 -> '\n';
                    default -> 'y';
                };
        return new byte[] {(byte) c};
    }

    private void answers() {
        Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
        while (ready.hasNext()) {
            SelectionKey key = ready.next();
            ready.remove();
            Client client = (Client) key.attachment();
            try {
                if (((SocketChannel) key.channel()).read(scratch.clear()) < 0) {
                    lost(client);
                }
            } catch (IOException gone) {
                lost(client);
            }
        }
    }

    private void lost(Client client) {
        thrownOut.increment();
        open.decrementAndGet();
        out.add(client);
        close(client.key);
    }

    private static void close(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException gone) {
            key.cancel();
        }
    }

    /** All leave. */
    @Override
    public void close() throws IOException {
        over.set(true);
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        selector.keys().forEach(SlowClients::close);
        selector.close();
        check();
    }

    @Override
    public String toString() {
        return open() + " of " + count + " slow clients";
    }
}
