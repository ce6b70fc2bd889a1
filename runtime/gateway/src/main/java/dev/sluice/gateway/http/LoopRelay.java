package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A stream's relay on the loop's own thread: while an engine computes, nothing but two registered channels is held, and a
 * chunk costs one select, one read and one write, no thread being woken. The owner's virtual thread is parked until the
 * end. When the client does not take its bytes, the engine's side is not read until it does.
 */
final class LoopRelay implements ChannelWire.Pump, ChannelWire.Writable {
    private final Leg leg;
    private final Exchange exchange;
    private final ChannelWire client;
    private final ChunkWatcher watcher;
    private final Edited out = new Edited();
    private long bytes;
    private boolean watcherFailed;
    private boolean clientFailed;

    LoopRelay(Leg leg, Exchange exchange, ChannelWire client, ChunkWatcher watcher) {
        this.leg = leg;
        this.exchange = exchange;
        this.client = client;
        this.watcher = watcher;
    }

    /** On the owner's thread; see {@link Relay#stream}. */
    long run(Duration idle) throws IOException {
        while (leg.buffered() && !watcher.over()) {
            if (leg.next(idle)) {
                bytes += leg.data().remaining();
                Relay.pass(leg.data(), exchange, watcher, out);
            }
        }
        if (!leg.complete() && !watcher.over()) {
            exchange.flush();
            leg.lend();
            try {
                leg.wire().pump(this, idle.toNanos());
            } catch (UpstreamException | ClientGone e) {
                throw e;
            } catch (IOException e) {
                if (watcherFailed || clientFailed) {
                    throw e;
                }
                throw leg.relayFailed(e);
            } finally {
                if (exchange.blocked()) {
                    exchange.abort(); // half a chunk is out and its reader is slow: nothing can follow it
                }
            }
        }
        Relay.end(exchange, watcher, out);
        return bytes;
    }

    @Override
    public int readable() throws IOException {
        Leg.Now now = leg.nextNow();
        if (now == Leg.Now.DATA) {
            ByteBuffer data = leg.data();
            bytes += data.remaining();
            out.begin(data);
            watcherFailed = true;
            watcher.onBytes(data, out);
            watcherFailed = false;
            ByteBuffer passed = out.result();
            if (passed.hasRemaining() && !exchange.writeNow(client, passed)) {
                leg.lend();
                client.whenWritable(this, exchange.stall());
                return PAUSE;
            }
        }
        if (leg.complete() || watcher.over()) {
            return ENOUGH;
        }
        leg.lend();
        return GO_ON;
    }

    @Override
    public void writable(boolean expired) {
        try {
            if (expired) {
                throw exchange.lost(new Wire.TimedOut());
            }
            if (!exchange.flushNow(client)) {
                client.whenWritable(this, exchange.stall());
                return;
            }
        } catch (IOException e) {
            clientFailed = true;
            leg.wire().enough(e);
            return;
        }
        if (leg.complete() || watcher.over()) {
            leg.wire().enough(null);
        } else {
            leg.wire().resume();
        }
    }
}
