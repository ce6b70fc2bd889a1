package dev.sluice.gateway.extproc;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2ErrorCode;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2WindowUpdate;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector.SubProtocolHandler;
import org.jspecify.annotations.Nullable;

/**
 * One stream, as Helidon is told of it: open until its client has ended it, whatever the call's own end. Helidon forgets a
 * stream once it is closed, and then takes what still comes for it as an error of the whole connection; a client may send until it
 * has said that it will not. Its thread is the one that {@link #init} runs on.
 */
final class LiveStream implements SubProtocolHandler {
    private static final System.Logger LOG = System.getLogger("dev.sluice.extproc");

    private final FrameContext connection;
    private final int id;
    private final SubProtocolHandler call;
    private final StreamLives.Life life;
    private volatile @Nullable Thread thread;
    private volatile boolean clientEnded;
    private volatile boolean reset;

    LiveStream(FrameContext connection, int id, SubProtocolHandler call) {
        this.connection = connection;
        this.id = id;
        this.call = call;
        this.life = connection.lives().of(id);
    }

    @Override
    public void init() {
        thread = Thread.currentThread();
        boolean alive = connection.add(this);
        try {
            call.init();
        } catch (RuntimeException failed) {
            failed(failed);
        }
        if (!alive) {
            lost();
        }
    }

    @Override
    public Http2StreamState streamState() {
        if (reset) {
            return over();
        }
        Http2StreamState state = call.streamState();
        boolean answered = state == Http2StreamState.CLOSED || state == Http2StreamState.HALF_CLOSED_LOCAL;
        if (answered && clientEnded && life.close()) {
            return over();
        }
        return Http2StreamState.OPEN;
    }

    private Http2StreamState over() {
        connection.remove(this);
        connection.lives().over(id);
        return Http2StreamState.CLOSED;
    }

    @Override
    public void rstStream(Http2RstStream frame) {
        reset = true;
        CallGuard.reset(() -> call.rstStream(frame));
        connection.remove(this);
    }

    @Override
    public void windowUpdate(Http2WindowUpdate update) {
        call.windowUpdate(update);
    }

    @Override
    public void data(Http2FrameHeader header, BufferData data) {
        boolean last = header.flags(Http2FrameTypes.DATA).endOfStream();
        try {
            call.data(header, data);
        } catch (RuntimeException failed) {
            failed(failed);
        }
        clientEnded |= last;
    }

    /** The thread must live on: what still comes for this stream would stop all others. */
    private void failed(RuntimeException cause) {
        LOG.log(System.Logger.Level.DEBUG, "a stream failed", cause);
        if (call.streamState() != Http2StreamState.CLOSED) {
            call.rstStream(new Http2RstStream(Http2ErrorCode.CANCEL));
        }
    }

    /** The connection is gone. */
    void lost() {
        if (!reset) {
            rstStream(new Http2RstStream(Http2ErrorCode.CANCEL));
        }
        Thread waiting = thread;
        if (waiting != null) {
            waiting.interrupt();
        }
    }
}
