package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Passes the body of an engine's answer on to the client as it comes: each upstream read becomes one client write. */
public final class Relay {
    private Relay() {}

    /**
     * Relays what is left of {@code from}'s body into {@code to}'s stream, which must have been started. Does not finish
     * either side: afterwards call {@link ClientExchange#finish} and {@link UpstreamConnection#release}.
     *
     * @param idle longest pause of the engine
     * @return the number of body bytes that came from the engine
     * @throws UpstreamException the engine's side failed; the client's stream can still be given an error event
     * @throws ClientGone the client's side failed
     * @throws IOException what the watcher threw
     */
    public static long stream(UpstreamConnection from, ClientExchange to, ChunkWatcher watcher, Duration idle)
            throws IOException {
        if (from instanceof Leg leg && to instanceof Exchange exchange) {
            ChannelWire client = exchange.loopWire();
            if (client != null && leg.loops(client.loop())) {
                return new LoopRelay(leg, exchange, client, watcher).run(idle);
            }
        }
        Edited out = new Edited();
        long bytes = 0;
        while (!watcher.over() && from.next(idle)) {
            bytes += from.data().remaining();
            pass(from.data(), to, watcher, out);
        }
        end(to, watcher, out);
        return bytes;
    }

    static void pass(ByteBuffer data, ClientExchange to, ChunkWatcher watcher, Edited out) throws IOException {
        out.begin(data);
        watcher.onBytes(data, out);
        ByteBuffer passed = out.result();
        if (passed.hasRemaining()) {
            to.write(passed);
        }
    }

    static void end(ClientExchange to, ChunkWatcher watcher, Edited out) throws IOException {
        out.begin(Edited.NOTHING);
        watcher.onEnd(out);
        ByteBuffer passed = out.result();
        if (passed.hasRemaining()) {
            to.write(passed);
        }
    }
}
