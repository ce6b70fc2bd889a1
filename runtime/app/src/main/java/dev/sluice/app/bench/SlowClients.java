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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Clients that want to be in the way: a quarter each sends nothing, a head byte by byte, a body byte by byte, or reads a stream byte by
 * byte. Who is thrown out comes back. One thread for all, which turns to each of them every three seconds, to a few at a time, and steps
 * back whenever something else wants its core: the good client shares it, and is to wait for the gateway and not for this.
 */
final class SlowClients implements AutoCloseable {
    private static final Duration TURN = Duration.ofSeconds(3);
    private static final int TICK_MILLIS = 2;
    private static final int TICKS = (int) (TURN.toMillis() / TICK_MILLIS);
    /** So many begin in one tick: more at once would be a flood, which is another test. */
    private static final int BEGIN = 4;

    private static final int ADDRESSES = 8;
    private static final int LINE = 60;

    private final InetSocketAddress target;
    private final Selector selector = Selector.open();
    private final Deque<Client> out = new ArrayDeque<>();
    private final List<List<Client>> turns = new ArrayList<>();
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
        private @Nullable SelectionKey key;
        private int sent;

        Client(Kind kind, int number) {
            this.kind = kind;
            this.number = number;
        }
    }

    private SlowClients(int port, int count) throws IOException {
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.count = count;
        this.streamed = Wire.chat(Bodies.KB_8_STREAMS.body(0), true);
        for (int i = 0; i < TICKS; i++) {
            turns.add(new ArrayList<>());
        }
        for (int i = 0; i < count; i++) {
            Client client = new Client(Kind.values()[i % Kind.values().length], i);
            out.add(client);
            turns.get(i % TICKS).add(client);
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
            stepBack();
            long end = System.nanoTime();
            for (int tick = 0; !over.get(); tick = (tick + 1) % TICKS) {
                end = Math.max(end + TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS), System.nanoTime());
                begin();
                turn(tick);
                await(end);
            }
        } catch (IOException e) {
            broken.set(e);
            over.set(true);
            all.countDown();
        }
    }

    /** Runs only when nothing else wants this core. */
    private static void stepBack() throws IOException {
        Path thread = Path.of("/proc/thread-self").toRealPath();
        Command.output(
                Command.require("renice", "bsdutils"),
                "-n",
                "19",
                "-p",
                thread.getFileName().toString());
    }

    private void await(long end) throws IOException {
        long left;
        do {
            left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left > 0) {
                selector.select(left);
            } else {
                selector.selectNow();
            }
            answers();
        } while (left > 0);
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
        for (Client client : turns.get(tick)) {
            SelectionKey key = client.key;
            if (key == null) {
                continue;
            }
            try {
                SocketChannel channel = (SocketChannel) key.channel();
                switch (client.kind) {
                    case IDLE -> {}
                    case HEAD, BODY -> channel.write(ByteBuffer.wrap(next(client)));
                    case READER -> {
                        if (channel.read(scratch.clear().limit(1)) < 0) {
                            lost(client, key);
                        }
                    }
                }
            } catch (IOException gone) {
                lost(client, key);
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
                    lost(client, key);
                }
            } catch (IOException gone) {
                lost(client, key);
            }
        }
    }

    private void lost(Client client, SelectionKey key) {
        thrownOut.increment();
        open.decrementAndGet();
        out.add(client);
        client.key = null;
        close(key);
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
