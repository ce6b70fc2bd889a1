package dev.sluice.gateway.extproc;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.http.HttpPrologue;
import io.helidon.http.http2.Http2ErrorCode;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2Settings;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.Http2WindowUpdate;
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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 connections whose streams end with them. Helidon's own streams are not told when their connection is lost: their
 * threads wait in a queue that nobody fills any more. So each connection's streams are remembered here, and when its
 * frame loop ends, for whatever reason, each of them sees a cancel and its thread is interrupted.
 */
final class LiveConnections implements ServerConnectionSelector {
    private final Http2Config config;
    private @Nullable Http2ConnectionSelector inner;
    private final Map<ConnectionContext, Set<Stream>> open = new ConcurrentHashMap<>();

    LiveConnections(Http2Config config) {
        this.config = config;
    }

    /** Puts a protocol over HTTP/2 into force; before the first connection. */
    void over(Http2SubProtocolSelector protocol) {
        inner = Http2ConnectionSelector.builder()
                .http2Config(config)
                .addSubProtocolSelector(new Remembering(protocol))
                .build();
    }

    int streams() {
        return open.values().stream().mapToInt(Set::size).sum();
    }

    private Http2ConnectionSelector inner() {
        Http2ConnectionSelector set = inner;
        if (set == null) {
            throw new IllegalStateException("no protocol yet");
        }
        return set;
    }

    @Override
    public int bytesToIdentifyConnection() {
        return inner().bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return inner().supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return inner().supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        FrameContext framed = new FrameContext(context);
        return new Connection(framed, inner().connection(framed));
    }

    private final class Connection implements ServerConnection {
        private final ConnectionContext context;
        private final ServerConnection frames;

        Connection(ConnectionContext context, ServerConnection frames) {
            this.context = context;
            this.frames = frames;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            try {
                // The client speaks first. Helidon would, and over TLS what it writes before the handshake is lost.
                context.dataReader().ensureAvailable();
            } catch (DataReader.InsufficientDataAvailableException closed) {
                throw new CloseConnectionException("closed before it began", closed);
            }
            open.put(context, ConcurrentHashMap.newKeySet());
            try {
                frames.handle(limit);
            } finally {
                Set<Stream> left = open.remove(context);
                if (left != null) {
                    left.forEach(Stream::lost);
                }
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

    private final class Remembering implements Http2SubProtocolSelector {
        private final Http2SubProtocolSelector protocol;

        Remembering(Http2SubProtocolSelector protocol) {
            this.protocol = protocol;
        }

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
            return result.supported() ? new SubProtocolResult(true, new Stream(context, result.subProtocol())) : result;
        }
    }

    /** One stream. Its thread is the one that {@link #init} runs on. */
    private final class Stream implements Http2SubProtocolSelector.SubProtocolHandler {
        private final ConnectionContext context;
        private final Http2SubProtocolSelector.SubProtocolHandler call;
        private volatile @Nullable Thread thread;

        Stream(ConnectionContext context, Http2SubProtocolSelector.SubProtocolHandler call) {
            this.context = context;
            this.call = call;
        }

        @Override
        public void init() {
            thread = Thread.currentThread();
            Set<Stream> all = open.get(context);
            if (all != null) {
                all.add(this);
            }
            call.init();
            if (all == null || !all.equals(open.get(context))) {
                lost();
            }
            forgetClosed();
        }

        @Override
        public Http2StreamState streamState() {
            return call.streamState();
        }

        @Override
        public void rstStream(Http2RstStream reset) {
            CallGuard.reset(() -> call.rstStream(reset));
            forgetClosed();
        }

        @Override
        public void windowUpdate(Http2WindowUpdate update) {
            call.windowUpdate(update);
        }

        @Override
        public void data(Http2FrameHeader header, BufferData data) {
            call.data(header, data);
            forgetClosed();
        }

        private void forgetClosed() {
            if (call.streamState() == Http2StreamState.CLOSED) {
                Set<Stream> all = open.get(context);
                if (all != null) {
                    all.remove(this);
                }
            }
        }

        /** The connection is gone. */
        void lost() {
            if (call.streamState() != Http2StreamState.CLOSED) {
                rstStream(new Http2RstStream(Http2ErrorCode.CANCEL));
            }
            Thread waiting = thread;
            if (waiting != null) {
                waiting.interrupt();
            }
        }
    }
}
