package dev.sluice.gateway.engine;

import dev.sluice.gateway.http.Loop;
import dev.sluice.gateway.http.LoopedLine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads engines' metrics pages on the loop that requests run on: the loop is awake anyway, its timers cost nothing, and what a
 * page costs is a few reads and a scan. On threads of the JDK's a page cost ten times as much at low rates, for the
 * threads, pollers and timers that had to be woken for it.
 */
public final class LoopGround implements Ground {
    private final Loop loop;

    private LoopGround(Loop loop) {
        this.loop = loop;
    }

    /** One of the loops, for engines that are named by number and speak plainly; the JDK for all others. */
    public static Ground of(Loop loops, EngineTarget target) {
        boolean secure = "https".equalsIgnoreCase(target.metrics().getScheme());
        return secure || !loops.mounts() || literal(target.metrics().getHost()).isEmpty()
                ? Ground.JDK
                : new LoopGround(loops.any());
    }

    /** An address that is written as one: nothing has to be looked up. */
    private static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(
                    InetAddress.ofLiteral(host.startsWith("[") ? host.substring(1, host.length() - 1) : host));
        } catch (IllegalArgumentException name) {
            return Optional.empty();
        }
    }

    @Override
    public Thread start(String name, Runnable life) {
        return loop.mount(name, life).orElseThrow();
    }

    @Override
    public void pause(long nanos) {
        loop.pause(nanos);
    }

    @Override
    public Line connect(String host, int port, Duration limit) throws IOException {
        InetAddress address =
                literal(host).orElseThrow(() -> new IOException("a name in place of an address: " + host));
        LoopedLine line = LoopedLine.connect(loop, new InetSocketAddress(address, port), limit);
        return new Line() {
            @Override
            public int read(byte[] into, int offset, int length, long deadline) throws IOException {
                return line.read(into, offset, length, deadline);
            }

            @Override
            public void write(byte[] bytes, long deadline) throws IOException {
                line.write(bytes, deadline);
            }

            @Override
            public void close() {
                line.close();
            }
        };
    }
}
