package dev.sluice.gateway.extproc;

import dev.sluice.gateway.http.LoopedSockets;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.http.HttpPrologue;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2Settings;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.StreamFlowControl;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionSelector;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;
import io.helidon.webserver.http2.spi.SubProtocolResult;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * HTTP/2 connections whose streams end with them. Helidon's own streams are not told when their connection is lost: their
 * threads wait in a queue that nobody fills any more. So each connection's streams are remembered ({@link FrameContext}), and
 * when its frame loop ends, for whatever reason, each of them sees a cancel and its thread is interrupted.
 */
final class LiveConnections implements ServerConnectionSelector {
    private final Http2ConnectionSelector inner;
    private final Optional<LoopedSockets> sockets;
    private final Set<FrameContext> open = ConcurrentHashMap.newKeySet();

    /**
     * @param protocol what is spoken over HTTP/2
     * @param sockets puts connections on a loop; empty: Helidon's threads do
     */
    LiveConnections(Http2Config config, Http2SubProtocolSelector protocol, Optional<LoopedSockets> sockets) {
        this.sockets = sockets;
        inner = Http2ConnectionSelector.builder()
                .http2Config(config)
                .addSubProtocolSelector(new Remembering(protocol))
                .build();
    }

    /** Streams whose end has not been seen. */
    int streams() {
        return open.stream().mapToInt(FrameContext::streams).sum();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return inner.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return inner.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return inner.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        FrameContext framed = new FrameContext(context, sockets.flatMap(taken -> taken.take(context)));
        return new Connection(framed, inner.connection(framed));
    }

    private final class Connection implements ServerConnection {
        private final FrameContext context;
        private final ServerConnection frames;

        Connection(FrameContext context, ServerConnection frames) {
            this.context = context;
            this.frames = frames;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            if (context.looped().isPresent()) {
                context.looped().get().run("extproc", () -> live(limit));
            } else {
                live(limit);
            }
        }

        private void live(Limit limit) throws InterruptedException {
            try {
                // The client speaks first. Helidon would, and over TLS what it writes before the handshake is lost.
                context.dataReader().ensureAvailable();
            } catch (DataReader.InsufficientDataAvailableException closed) {
                throw new CloseConnectionException("closed before it began", closed);
            }
            open.add(context);
            try {
                frames.handle(limit);
            } finally {
                open.remove(context);
                context.lost();
            }
        }

        @Override
        public Duration idleTime() {
            return frames.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            frames.close(interrupt);
        }
    }

    private record Remembering(Http2SubProtocolSelector protocol) implements Http2SubProtocolSelector {
        @Override
        public SubProtocolResult subProtocol(
                ConnectionContext context,
                HttpPrologue prologue,
                Http2Headers headers,
                Http2StreamWriter writer,
                int streamId,
                Http2Settings serverSettings,
                Http2Settings clientSettings,
                StreamFlowControl flowControl,
                Http2StreamState state,
                Router router) {
            SubProtocolResult result = protocol.subProtocol(
                    context,
                    prologue,
                    headers,
                    writer,
                    streamId,
                    serverSettings,
                    clientSettings,
                    flowControl,
                    state,
                    router);
            return result.supported() && context instanceof FrameContext framed
                    ? new SubProtocolResult(true, new LiveStream(framed, streamId, result.subProtocol()))
                    : result;
        }
    }
}
