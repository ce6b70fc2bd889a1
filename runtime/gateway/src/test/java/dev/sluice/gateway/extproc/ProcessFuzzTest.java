package dev.sluice.gateway.extproc;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.extproc.v3.ProcessingRequest;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.gateway.http.ChunkWatcher;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Streams of messages in any order and with anything in them: each request that was begun is ended once, what is picked for is what
 * was sent, what goes on is what was answered, and nothing is said behind the end.
 */
class ProcessFuzzTest {
    private static final int LIMIT = 20_000;
    private static final byte[] CHANGED = "changed".repeat(20_000).getBytes(StandardCharsets.US_ASCII);

    /** @param input how the picker answers, and messages, each with its length before it */
    @FuzzTest
    void stream(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        Picker picker = new Picker(input[0]);
        Proxy proxy = new Proxy();
        ProcessStream stream = new ProcessStream(picker, proxy, () -> picker.finished++);
        boolean failed = false;
        for (ProcessingRequest message : messages(input)) {
            picker.tell(message, proxy.over);
            try {
                stream.onNext(message);
            } catch (IllegalStateException declared) {
                failed = true; // CallGuard closes the call
                break;
            }
        }
        boolean over = proxy.over || failed;
        if ((input[0] & 1) == 0) {
            stream.onCompleted();
        } else {
            stream.gone();
        }
        check(picker.finished == 1, "the stream was finished " + picker.finished + " times");
        for (Talk talk : picker.talks) {
            check(talk.ended == 1, "a request was ended " + talk.ended + " times");
        }
        int before = proxy.said;
        ProcessingRequest late = ProcessingRequest.newBuilder()
                .setRequestHeaders(dev.sluice.extproc.v3.HttpHeaders.getDefaultInstance())
                .build();
        stream.onNext(late);
        check(proxy.said == before, "something was said behind the end");
        check(over || picker.talks.size() <= 1, "two requests on one stream");
    }

    private static List<ProcessingRequest> messages(byte[] input) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(input, 1, input.length - 1);
        List<ProcessingRequest> messages = new ArrayList<>();
        try {
            for (ProcessingRequest next = ProcessingRequest.parseDelimitedFrom(in);
                    next != null && messages.size() < 64;
                    next = ProcessingRequest.parseDelimitedFrom(in)) {
                messages.add(next);
            }
        } catch (InvalidProtocolBufferException end) {
            // what came before counts
        }
        return messages;
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** What the proxy gets. */
    private static final class Proxy implements StreamObserver<ProcessingResponse> {
        boolean over;
        int said;

        @Override
        public void onNext(ProcessingResponse message) {
            check(!over, "a message behind the end");
            said++;
            // A body that was sent whole goes back whole; pieces go back in pieces.
            boolean whole =
                    message.getRequestBody().getResponse().getBodyMutation().hasBody();
            check(
                    message.getSerializedSize() < (64 << 10) || message.hasImmediateResponse() || whole,
                    "a large message");
        }

        @Override
        public void onError(Throwable cause) {
            check(!over, "an error behind the end");
            over = true;
        }

        @Override
        public void onCompleted() {
            check(!over, "ended twice");
            over = true;
        }
    }

    /** Begins a conversation for each request that is begun. */
    private static final class Picker implements Picking {
        private final byte how;
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        final List<Talk> talks = new ArrayList<>();
        int finished;

        Picker(byte how) {
            this.how = how;
        }

        /** What is about to come. */
        void tell(ProcessingRequest message, boolean over) {
            if (message.hasRequestBody() && !over) {
                sent.writeBytes(message.getRequestBody().getBody().toByteArray());
            }
        }

        @Override
        public Conversation begin(Head head, Optional<Set<String>> subset, Answers answers) throws Immediately {
            check(!head.path().contains("?"), "a path without its query");
            if ((how & 2) != 0) {
                throw new Immediately(429, List.of(), new byte[0], "as the input wants it");
            }
            sent.reset();
            Talk talk = new Talk(how, sent);
            talks.add(talk);
            return talk;
        }
    }

    private static final class Talk implements Conversation {
        private static final HeadChange NOTHING = new HeadChange(List.of(), List.of(), false);
        private final byte how;
        private final ByteArrayOutputStream sent;
        int ended;

        Talk(byte how, ByteArrayOutputStream sent) {
            this.how = how;
            this.sent = sent;
        }

        @Override
        public long bodyLimit() {
            return LIMIT;
        }

        @Override
        public boolean skipsAnswer() {
            return (how & 4) != 0;
        }

        @Override
        public Immediately tooLarge() {
            return new Immediately(413, List.of(), new byte[0], "too large");
        }

        @Override
        public Immediately tooSlow() {
            return new Immediately(408, List.of(), new byte[0], "too slow");
        }

        @Override
        public Picked pick(ByteBuffer body, Runnable patience) throws Immediately {
            check(ended == 0, "picked for a request that was ended");
            byte[] whole = new byte[body.remaining()];
            body.get(whole);
            check(Arrays.equals(whole, sent.toByteArray()), "another body than was sent");
            patience.run();
            if ((how & 8) != 0) {
                throw new Immediately(503, List.of(), new byte[0], "no room");
            }
            return new Picked("127.0.0.1:1", NOTHING, (how & 16) != 0 ? CHANGED : null);
        }

        @Override
        public Picked pickUnseen(Runnable patience) {
            return new Picked("127.0.0.1:1", NOTHING, null);
        }

        @Override
        public HeadChange answered(Head head, Optional<String> served, boolean last) {
            check(ended == 0, "an answer to a request that was ended");
            return NOTHING;
        }

        @Override
        public void answer(ByteBuffer piece, boolean last, ChunkWatcher.Passage out) {
            check(ended == 0, "an answer to a request that was ended");
            out.pass(piece.position(), piece.limit());
        }

        @Override
        public void ended(boolean orderly) {
            ended++;
        }
    }
}
