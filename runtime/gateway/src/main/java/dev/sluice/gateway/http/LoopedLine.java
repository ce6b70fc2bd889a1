package dev.sluice.gateway.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** A connection to elsewhere for one of the threads that a {@link Loop} mounts: plain blocking calls, and nobody else is held up. */
public final class LoopedLine {
    private final ChannelWire wire;

    private LoopedLine(ChannelWire wire) {
        this.wire = wire;
    }

    /**
     * Connects.
     *
     * @param address resolved: looking names up would hold up the loop
     * @throws SocketTimeoutException when that takes longer than the limit
     */
    public static LoopedLine connect(Loop loop, InetSocketAddress address, Duration limit) throws IOException {
        SocketChannel channel = SocketChannel.open();
        ChannelWire wire = null;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            boolean done = channel.connect(address);
            wire = new ChannelWire(loop, channel);
            if (!done) {
                wire.connected(limit.toNanos());
            }
            return new LoopedLine(wire);
        } catch (IOException | RuntimeException e) {
            if (wire != null) {
                wire.dispose();
            }
            channel.close();
            throw told(e);
        }
    }

    /**
     * Waits for bytes, and takes what is there.
     *
     * @param deadline {@link System#nanoTime} beyond which nothing is waited for
     * @return number of bytes, or -1 at the end of the stream
     */
    public int read(byte[] into, int offset, int length, long deadline) throws IOException {
        try {
            int n = wire.read(ByteBuffer.wrap(into, offset, length), 1, Wire.FOREVER, deadline);
            return n == 0 ? -1 : n;
        } catch (IOException e) {
            throw told(e);
        }
    }

    /** Sends all of it; by that time, as {@link #read}. */
    public void write(byte[] bytes, long deadline) throws IOException {
        try {
            wire.write(ByteBuffer.wrap(bytes), Math.max(1, deadline - System.nanoTime()));
        } catch (IOException e) {
            throw told(e);
        }
    }

    /** Closes it; from any thread. */
    public void close() {
        wire.close();
    }

    private static IOException told(Exception e) {
        if (e instanceof Wire.TimedOut) {
            SocketTimeoutException late = new SocketTimeoutException("out of time");
            late.initCause(e);
            return late;
        }
        return e instanceof IOException io ? io : new IOException(e);
    }
}
