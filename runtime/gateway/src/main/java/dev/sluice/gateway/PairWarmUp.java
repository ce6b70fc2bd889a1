package dev.sluice.gateway;

import dev.sluice.core.Links;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.BodyScanner;
import dev.sluice.core.scan.Edits;
import dev.sluice.gateway.handover.EngineAnswer;
import dev.sluice.gateway.handover.HandoverView;
import dev.sluice.gateway.handover.LegBody;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.http.UpstreamPool;
import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A small exchange of the gateway's own between two engines that have not moved KV yet, so that the seconds of their handshake
 * pass before a client's request needs it. The prompt is another one each time: one that the decode engine held already would
 * move nothing.
 */
final class PairWarmUp {
    private static final System.Logger LOG = System.getLogger("dev.sluice.gateway");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final BodyScanner SCANNER = new BodyScanner();

    private final RoutingTable.PoolEntry entry;
    private final Handovers how;
    private final Links.Ends ends;

    PairWarmUp(RoutingTable.PoolEntry entry, Handovers how, Links.Ends ends) {
        this.entry = entry;
        this.how = how;
        this.ends = ends;
    }

    /** Tries, and tells the pool how it went. */
    void run() {
        LivePool pool = entry.pool();
        try {
            if (exchanged()) {
                pool.linkWarmed(ends);
                return;
            }
        } catch (IOException | RuntimeException failed) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "no KV from {0} to {1} yet: {2}",
                    ends.prefill(),
                    ends.decode(),
                    failed.toString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        pool.linkFailed(ends);
    }

    private boolean exchanged() throws IOException, InterruptedException {
        Optional<Endpoint> from = entry.pool().endpoint(ends.prefill());
        Optional<Endpoint> to = entry.pool().endpoint(ends.decode());
        if (from.isEmpty() || to.isEmpty()) {
            return false;
        }
        BodyScan scan = scan();
        String id = "slc-warm-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        HandoverView view = new HandoverView(
                new HandoverView.Ends(
                        id,
                        from.get(),
                        to.get(),
                        Optional.empty(),
                        how.known(from.get().id()),
                        ThreadLocalRandom.current().nextLong() >>> 1),
                scan);
        Optional<Connector.Order> order = how.connector().order(view);
        return order.isPresent()
                && switch (order.get()) {
                    case SERIAL -> serial(view, scan);
                    case PARALLEL -> parallel(view, scan);
                    case DELEGATED -> true;
                };
    }

    private boolean serial(HandoverView view, BodyScan scan) throws IOException, InterruptedException {
        Optional<Answer> said = call(ends.prefill(), how.connector().prefill(view), view, scan);
        if (said.isEmpty()) {
            return false;
        }
        how.connector().remember(said.get()).ifPresent(json -> how.learned(ends.prefill(), json));
        Optional<Leg> next = how.connector().decode(view, said);
        return next.isPresent() && call(ends.decode(), next.get(), view, scan).isPresent();
    }

    private boolean parallel(HandoverView view, BodyScan scan) throws IOException, InterruptedException {
        Optional<Leg> second = how.connector().decode(view, Optional.empty());
        if (second.isEmpty()) {
            return false;
        }
        AtomicReference<@Nullable Answer> first = new AtomicReference<>();
        Thread prefill = Thread.ofVirtual().start(() -> {
            try {
                call(ends.prefill(), how.connector().prefill(view), view, scan).ifPresent(first::set);
            } catch (IOException | RuntimeException failed) {
                LOG.log(System.Logger.Level.DEBUG, "no prefill at {0}: {1}", ends.prefill(), failed.toString());
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        boolean arrived = call(ends.decode(), second.get(), view, scan).isPresent();
        prefill.join();
        return arrived && first.get() != null;
    }

    private BodyScan scan() {
        String words = " warm up".repeat(24);
        String body = "{\"model\":" + dev.sluice.spi.Edit.quote(entry.models().getFirst()) + ",\"prompt\":\""
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()) + words + "\",\"max_tokens\":2}";
        try {
            return SCANNER.scan(Api.COMPLETIONS, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
        } catch (BadBodyException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private Optional<Answer> call(String endpoint, Leg leg, HandoverView view, BodyScan scan)
            throws IOException, InterruptedException {
        Optional<UpstreamPool> upstream = entry.pool().upstreams().of(endpoint);
        if (upstream.isEmpty()) {
            return Optional.empty();
        }
        UpstreamConnection connection = upstream.get().takeFresh();
        try {
            HeaderBlock block = connection.headers().clear();
            block.add("content-type", "application/json");
            block.add("x-request-id", view.id());
            entry.limits().bearer().ifPresent(key -> block.add("authorization", "Bearer " + key));
            leg.headers().forEach(block::add);
            ByteBuffer[] body = LegBody.of(scan, Edits.of(scan), leg).slices().toArray(ByteBuffer[]::new);
            connection.send("POST", Api.COMPLETIONS.path(), block, body);
            int status = connection.readHead(LIMIT).status();
            Optional<ByteBuffer> content = connection.readAll(1 << 20, LIMIT);
            if (status != 200 || content.isEmpty()) {
                return Optional.empty();
            }
            byte[] bytes = new byte[content.get().remaining()];
            content.get().get(bytes);
            return Optional.of(new EngineAnswer(status, new JsonValues(bytes)));
        } finally {
            connection.release();
        }
    }
}
