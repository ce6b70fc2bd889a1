package dev.sluice.gateway.extproc;

import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.HttpBody;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.extproc.v3.ProtocolConfiguration;
import dev.sluice.gateway.extproc.Conversation.Picked;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request on its stream. What must be answered when depends on how the proxy sends the body:
 *
 * <ul>
 *   <li>full duplex: nothing is answered until the body is there; then the head, the body in pieces, the trailers.
 *   <li>buffered: the head must be answered before the body comes; the destination goes with the answer to the body, which
 *       the proxy holds the head for.
 *   <li>not at all, or streamed (where the head has left before a byte of the body is seen): the head decides alone.
 * </ul>
 *
 * Messages come on one thread; a cancel, the clock, and the end of a request that is taken back, from others. What is sent is sent by
 * one at a time: whoever has the turn.
 */
final class ProcessStream implements StreamObserver<ProcessingRequest> {
    private static final System.Logger LOG = System.getLogger("dev.sluice.extproc");
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Status STOPPING = Status.UNAVAILABLE.withDescription("the picker is shutting down");

    private final Picking picking;
    private final StreamObserver<ProcessingResponse> out;
    private final Runnable finished;
    private final AtomicBoolean over = new AtomicBoolean();
    private final ReentrantLock turn = new ReentrantLock();
    private final Passed passed = new Passed();

    private BodySendMode requests = BodySendMode.FULL_DUPLEX_STREAMED;
    private BodySendMode answers = BodySendMode.FULL_DUPLEX_STREAMED;
    private volatile @Nullable Conversation conversation;
    private @Nullable BodyBuffer body;
    private boolean answerBegun;
    private boolean answerEnded;
    /** When the last piece of a body that is still coming came; {@link Long#MAX_VALUE} when none is awaited. */
    private volatile long bodyAwaitedSince = Long.MAX_VALUE;

    ProcessStream(Picking picking, StreamObserver<ProcessingResponse> out, Runnable finished) {
        this.picking = picking;
        this.out = out;
        this.finished = finished;
    }

    @Override
    public void onNext(ProcessingRequest message) {
        if (over.get()) {
            return;
        }
        try {
            take(message);
        } catch (Immediately now) {
            immediately(now);
        } catch (InterruptedException lost) {
            Thread.currentThread().interrupt();
            end(false);
        } catch (RuntimeException | Error failed) {
            end(false);
            throw failed;
        }
    }

    private void take(ProcessingRequest message) throws Immediately, InterruptedException {
        if (message.getObservabilityMode()) {
            throw new IllegalStateException("observability_mode: nobody asks a picker where to send a request then");
        }
        switch (message.getRequestCase()) {
            case REQUEST_HEADERS -> requestHead(message);
            case REQUEST_BODY -> requestBody(message.getRequestBody());
            case REQUEST_TRAILERS -> requestTrailers();
            case RESPONSE_HEADERS -> inTurn(() -> answerHead(message));
            case RESPONSE_BODY -> inTurn(() -> answerBody(message.getResponseBody()));
            case RESPONSE_TRAILERS -> inTurn(this::answerTrailers);
            case REQUEST_NOT_SET -> LOG.log(System.Logger.Level.DEBUG, "a message that is not known is left out");
        }
    }

    /** While nobody else sends; not at all when the stream has ended meanwhile. */
    private void inTurn(Runnable does) {
        turn.lock();
        try {
            if (!over.get()) {
                does.run();
            }
        } finally {
            turn.unlock();
        }
    }

    private void send(ProcessingResponse answer) {
        inTurn(() -> out.onNext(answer));
    }

    private void requestHead(ProcessingRequest message) throws Immediately, InterruptedException {
        if (conversation != null) {
            throw new IllegalStateException("a second request on one stream");
        }
        if (message.hasProtocolConfig()) {
            ProtocolConfiguration modes = message.getProtocolConfig();
            requests = modes.getRequestBodyMode();
            answers = modes.getResponseBodyMode();
        }
        Head came = new Head(message.getRequestHeaders().getHeaders());
        Conversation begun = picking.begin(came, Hint.subset(message.getMetadataContext()), answersAs());
        conversation = begun;
        begun.endBy(this::cut);
        if (over.get()) { // cancelled meanwhile
            begun.ended(false);
            return;
        }
        if (message.getRequestHeaders().getEndOfStream()) {
            requestWhole(begun, new BodyBuffer(0), true);
            return;
        }
        switch (requests) {
            case FULL_DUPLEX_STREAMED -> await(came);
            case BUFFERED -> {
                await(came);
                send(Replies.requestHeadWaits(begun.skipsAnswer(), requests));
            }
            case NONE, STREAMED, BUFFERED_PARTIAL, UNRECOGNIZED -> {
                send(Replies.requestHead(begun.pickUnseen(() -> {}), requests));
            }
        }
    }

    private void await(Head came) {
        body = new BodyBuffer(came.contentLength().orElse(-1));
        bodyAwaitedSince = System.nanoTime();
    }

    private Picking.Answers answersAs() {
        return switch (answers) {
            case FULL_DUPLEX_STREAMED -> Picking.Answers.STREAM;
            case STREAMED, BUFFERED, BUFFERED_PARTIAL -> Picking.Answers.PIECES;
            case NONE, UNRECOGNIZED -> Picking.Answers.NONE;
        };
    }

    private void requestBody(HttpBody piece) throws Immediately, InterruptedException {
        Conversation begun = begun();
        BodyBuffer coming = body;
        if (coming == null) {
            send(Replies.REQUEST_BODY_GOES_ON);
            return;
        }
        if (coming.length() + (long) piece.getBody().size() > begun.bodyLimit()) {
            throw begun.tooLarge();
        }
        coming.add(piece.getBody());
        if (piece.getEndOfStream() || requests == BodySendMode.BUFFERED) {
            requestWhole(begun, coming, piece.getEndOfStream());
        } else {
            bodyAwaitedSince = System.nanoTime();
        }
    }

    /** All of the request is there. */
    private void requestWhole(Conversation begun, BodyBuffer whole, boolean last)
            throws Immediately, InterruptedException {
        bodyAwaitedSince = Long.MAX_VALUE;
        body = null;
        boolean buffered = requests == BodySendMode.BUFFERED;
        Picked place = begun.pick(whole.view(), buffered ? () -> send(Replies.patience(PATIENCE)) : () -> {});
        if (whole.length() == 0 && last) {
            send(Replies.requestHead(place, requests));
            return;
        }
        if (buffered) {
            send(Replies.requestWhole(place));
            return;
        }
        send(Replies.requestHead(place, requests));
        byte[] changed = place.body();
        byte[] bytes = changed == null ? whole.array() : changed;
        int length = changed == null ? whole.length() : changed.length;
        int at = 0;
        do {
            int size = Math.min(Replies.MOST_BODY, length - at);
            send(Replies.requestPiece(bytes, at, size, last && at + size == length));
            at += size;
        } while (at < length);
    }

    private void requestTrailers() throws Immediately, InterruptedException {
        BodyBuffer coming = body;
        if (coming != null) {
            requestWhole(begun(), coming, false);
        }
        send(Replies.REQUEST_TRAILERS_GO_ON);
    }

    private void answerHead(ProcessingRequest message) {
        answerBegun = true;
        Conversation.HeadChange change = begun().answered(
                        new Head(message.getResponseHeaders().getHeaders()),
                        Hint.served(message.getMetadataContext()),
                        message.getResponseHeaders().getEndOfStream());
        send(Replies.answerHead(change, requests));
    }

    private void answerBody(HttpBody piece) {
        boolean last = piece.getEndOfStream() || answers == BodySendMode.BUFFERED;
        ByteString goesOn = through(piece.getBody(), last);
        answerEnded |= last;
        if (answers != BodySendMode.FULL_DUPLEX_STREAMED) {
            boolean same = goesOn.equals(piece.getBody()); // at once when it is the same object
            send(same ? Replies.ANSWER_BODY_GOES_ON : Replies.answerInstead(goesOn));
        } else if (!goesOn.isEmpty() || last) {
            sendPieces(goesOn, last);
        }
    }

    private void sendPieces(ByteString bytes, boolean last) {
        int at = 0;
        do {
            int size = Math.min(Replies.MOST_BODY, bytes.size() - at);
            send(Replies.answerPiece(bytes.substring(at, at + size), last && at + size == bytes.size()));
            at += size;
        } while (at < bytes.size());
    }

    private ByteString through(ByteString piece, boolean last) {
        passed.over(piece);
        begun().answer(piece.asReadOnlyByteBuffer(), last, passed);
        return passed.result();
    }

    private void answerTrailers() {
        if (!answerEnded && answers == BodySendMode.FULL_DUPLEX_STREAMED) {
            answerEnded = true;
            ByteString rest = through(ByteString.EMPTY, true);
            if (!rest.isEmpty()) {
                sendPieces(rest, false);
            }
        }
        send(Replies.ANSWER_TRAILERS_GO_ON);
    }

    private Conversation begun() {
        Conversation begun = conversation;
        if (begun == null) {
            throw new IllegalStateException("a request that does not begin with its head");
        }
        return begun;
    }

    /** The clock: a body that stopped coming is waited for no longer. */
    void look(long now, long bodyIdleNanos) {
        Conversation begun = conversation;
        if (begun != null && bodyAwaitedSince != Long.MAX_VALUE && now - bodyAwaitedSince > bodyIdleNanos) {
            bodyAwaitedSince = Long.MAX_VALUE;
            Thread.ofVirtual().name("extproc-late").start(() -> immediately(begun.tooSlow()));
        }
    }

    private void immediately(Immediately now) {
        turn.lock();
        try {
            if (over.compareAndSet(false, true)) {
                finished.run();
                Conversation begun = conversation;
                if (begun != null) {
                    begun.ended(true);
                }
                if (now.stopping()) {
                    out.onError(STOPPING.asException());
                    return;
                }
                out.onNext(Replies.immediate(now));
                out.onCompleted();
            }
        } finally {
            turn.unlock();
        }
    }

    /**
     * The request is taken back. A client that has had nothing gets the answer; where its answer has begun the proxy breaks it off
     * for want of a better one, and before that a stream is told why where the proxy takes more than it has sent.
     */
    private void cut(Immediately now) {
        inTurn(() -> {
            Conversation begun = conversation;
            if (begun == null || answerEnded) {
                return;
            }
            passed.over(ByteString.EMPTY);
            if (!begun.cut(passed)) {
                return;
            }
            ByteString last = passed.result();
            if (answerBegun && answers == BodySendMode.FULL_DUPLEX_STREAMED && !last.isEmpty()) {
                sendPieces(last, false);
            }
            immediately(now);
        });
    }

    /** The stream was cancelled or lost. */
    void gone() {
        end(false);
    }

    @Override
    public void onError(Throwable cause) {
        end(false);
    }

    @Override
    public void onCompleted() {
        turn.lock();
        try {
            if (end(true)) {
                out.onCompleted();
            }
        } finally {
            turn.unlock();
        }
    }

    private boolean end(boolean orderly) {
        if (!over.compareAndSet(false, true)) {
            return false;
        }
        finished.run();
        Conversation begun = conversation;
        if (begun != null) {
            begun.ended(orderly);
        }
        return true;
    }
}
