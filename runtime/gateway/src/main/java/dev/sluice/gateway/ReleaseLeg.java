package dev.sluice.gateway;

import dev.sluice.core.Leases;
import dev.sluice.gateway.handover.HandoverView;
import dev.sluice.gateway.handover.LegBody;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.http.UpstreamException;
import dev.sluice.gateway.http.UpstreamPool;
import dev.sluice.spi.Edit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Has a prefill engine free blocks that nobody will fetch. There is no call for that; but a decode engine whose request is cut
 * before it has fetched tells the prefill engine so. A decode leg is sent and cut at once, asking for one token at most. A real
 * vLLM 0.32 frees the blocks within 0.1 s of it, whenever the cut comes.
 */
final class ReleaseLeg {
    private final Leg whole;
    private final Handovers how;
    private final Prepared.Halves halves;

    ReleaseLeg(Leg whole, Prepared.Halves halves) {
        this.whole = whole;
        this.how = halves.how();
        this.halves = halves;
    }

    /** Sends and cuts; a lease that can't be released is left. */
    void run(HandoverView view, dev.sluice.spi.Leg decode, Leases.Lease lease, String endpoint)
            throws InterruptedException {
        if (!how.leases.lasts(lease, 0) || how.traits().lease().isZero()) {
            return;
        }
        Optional<UpstreamPool> upstream = whole.pool.upstreams().of(endpoint);
        if (upstream.isPresent() && sent(upstream.get(), view, decode)) {
            how.leases.end(lease, Leases.End.RELEASED);
        } else {
            how.leases.leave(lease);
        }
    }

    private boolean sent(UpstreamPool upstream, HandoverView view, dev.sluice.spi.Leg decode)
            throws InterruptedException {
        List<Edit> all = new ArrayList<>(view.oneToken());
        all.addAll(decode.edits());
        ByteBuffer[] body = LegBody.of(halves.scan(), halves.edits().get(), dev.sluice.spi.Leg.of(all))
                .slices()
                .toArray(ByteBuffer[]::new);
        for (boolean fresh : new boolean[] {false, true}) {
            UpstreamConnection connection;
            try {
                connection = fresh ? upstream.takeFresh() : upstream.take();
            } catch (UpstreamException.ConnectFailed failed) {
                return false;
            }
            try {
                HeaderBlock block = connection.headers().clear();
                block.add("content-type", "application/json");
                block.add("x-request-id", view.id() + ".r");
                whole.entry.limits().bearer().ifPresent(key -> block.add("authorization", "Bearer " + key));
                decode.headers().forEach(block::add);
                connection.send("POST", whole.exchange.api.path(), block, body);
                return true;
            } catch (IOException stale) {
                // Once more, over a connection of its own.
            } finally {
                connection.abort();
                connection.release();
            }
        }
        return false;
    }
}
