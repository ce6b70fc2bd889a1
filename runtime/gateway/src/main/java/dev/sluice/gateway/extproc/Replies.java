package dev.sluice.gateway.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.Value;
import dev.sluice.extproc.v3.BodyMutation;
import dev.sluice.extproc.v3.BodyResponse;
import dev.sluice.extproc.v3.CommonResponse;
import dev.sluice.extproc.v3.HeaderMutation;
import dev.sluice.extproc.v3.HeaderValue;
import dev.sluice.extproc.v3.HeaderValueOption;
import dev.sluice.extproc.v3.HeadersResponse;
import dev.sluice.extproc.v3.HttpStatus;
import dev.sluice.extproc.v3.ImmediateResponse;
import dev.sluice.extproc.v3.ProcessingMode;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.extproc.v3.StreamedBodyResponse;
import dev.sluice.extproc.v3.TrailersResponse;
import java.util.List;

/** Makes the messages that go back to the proxy. */
final class Replies {
    /** Proxies want pieces of less than 64 KB, and this leaves room for what is around them. */
    static final int MOST_BODY = 62_000;

    static final ProcessingResponse REQUEST_HEAD_GOES_ON = ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse REQUEST_BODY_GOES_ON = ProcessingResponse.newBuilder()
            .setRequestBody(BodyResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse REQUEST_TRAILERS_GO_ON = ProcessingResponse.newBuilder()
            .setRequestTrailers(TrailersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse ANSWER_TRAILERS_GO_ON = ProcessingResponse.newBuilder()
            .setResponseTrailers(TrailersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse ANSWER_BODY_GOES_ON = ProcessingResponse.newBuilder()
            .setResponseBody(BodyResponse.getDefaultInstance())
            .build();

    private Replies() {}

    /**
     * The request's head goes on to a destination.
     *
     * @param requests how the request's body comes, which stays as it is
     */
    static ProcessingResponse requestHead(Conversation.Picked picked, BodySendMode requests) {
        ProcessingResponse.Builder reply = ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.newBuilder().setResponse(toDestination(picked)))
                .setDynamicMetadata(metadata(picked.destination()));
        if (picked.head().skipBody()) {
            reply.setModeOverride(noAnswerBody(requests));
        }
        return reply.build();
    }

    /** The request's head goes on, where its body decides later. */
    static ProcessingResponse requestHeadWaits(boolean skipBody, BodySendMode requests) {
        return skipBody
                ? REQUEST_HEAD_GOES_ON.toBuilder()
                        .setModeOverride(noAnswerBody(requests))
                        .build()
                : REQUEST_HEAD_GOES_ON;
    }

    /** Head and trailers of the answer, and nothing of its body: the trailers keep the stream open until its end. */
    private static ProcessingMode noAnswerBody(BodySendMode requests) {
        return ProcessingMode.newBuilder()
                .setResponseHeaderMode(ProcessingMode.HeaderSendMode.SEND)
                .setRequestBodyMode(requests)
                .setResponseBodyMode(BodySendMode.NONE)
                .setResponseTrailerMode(ProcessingMode.HeaderSendMode.SEND)
                .build();
    }

    /** Head and body together go on to a destination, where the head has waited for the body. */
    static ProcessingResponse requestWhole(Conversation.Picked picked) {
        CommonResponse.Builder common = toDestination(picked);
        byte[] body = picked.body();
        if (body != null) {
            common.setBodyMutation(BodyMutation.newBuilder().setBody(UnsafeByteOperations.unsafeWrap(body)));
            set(common.getHeaderMutationBuilder(), "content-length", Integer.toString(body.length));
        }
        return ProcessingResponse.newBuilder()
                .setRequestBody(BodyResponse.newBuilder().setResponse(common))
                .setDynamicMetadata(metadata(picked.destination()))
                .build();
    }

    private static CommonResponse.Builder toDestination(Conversation.Picked picked) {
        HeaderMutation.Builder change = change(picked.head());
        set(change, Hint.DESTINATION, picked.destination());
        return CommonResponse.newBuilder().setHeaderMutation(change).setClearRouteCache(true);
    }

    private static Struct metadata(String destination) {
        Struct inner = Struct.newBuilder()
                .putFields(
                        Hint.DESTINATION,
                        Value.newBuilder().setStringValue(destination).build())
                .build();
        return Struct.newBuilder()
                .putFields(
                        Hint.NAMESPACE, Value.newBuilder().setStructValue(inner).build())
                .build();
    }

    private static HeaderMutation.Builder change(Conversation.HeadChange head) {
        HeaderMutation.Builder change = HeaderMutation.newBuilder().addAllRemoveHeaders(head.remove());
        setAll(change, head.set());
        return change;
    }

    private static void setAll(HeaderMutation.Builder change, List<String> pairs) {
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            set(change, pairs.get(i), pairs.get(i + 1));
        }
    }

    private static void set(HeaderMutation.Builder change, String name, String value) {
        change.addSetHeaders(HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD));
    }

    /** A piece of the request's body, where pieces go back as they like. */
    static ProcessingResponse requestPiece(byte[] body, int from, int length, boolean last) {
        return ProcessingResponse.newBuilder()
                .setRequestBody(streamed(UnsafeByteOperations.unsafeWrap(body, from, length), last))
                .build();
    }

    /** A piece of the answer's body, where pieces go back as they like. */
    static ProcessingResponse answerPiece(ByteString body, boolean last) {
        return ProcessingResponse.newBuilder()
                .setResponseBody(streamed(body, last))
                .build();
    }

    private static BodyResponse streamed(ByteString body, boolean last) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder()
                                .setStreamedResponse(StreamedBodyResponse.newBuilder()
                                        .setBody(body)
                                        .setEndOfStream(last))))
                .build();
    }

    /** Something else in the place of a piece of the answer's body. */
    static ProcessingResponse answerInstead(ByteString body) {
        BodyMutation.Builder mutation = BodyMutation.newBuilder();
        if (body.isEmpty()) {
            mutation.setClearBody(true);
        } else {
            mutation.setBody(body);
        }
        return ProcessingResponse.newBuilder()
                .setResponseBody(BodyResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setBodyMutation(mutation)))
                .build();
    }

    static ProcessingResponse answerHead(Conversation.HeadChange head, BodySendMode requests) {
        ProcessingResponse.Builder reply = ProcessingResponse.newBuilder()
                .setResponseHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setHeaderMutation(change(head))));
        if (head.skipBody()) {
            reply.setModeOverride(noAnswerBody(requests));
        }
        return reply.build();
    }

    /** The proxy must wait longer than it would. */
    static ProcessingResponse patience(java.time.Duration wait) {
        return ProcessingResponse.newBuilder()
                .setOverrideMessageTimeout(Duration.newBuilder().setSeconds(wait.toSeconds()))
                .build();
    }

    static ProcessingResponse immediate(Immediately now) {
        HeaderMutation.Builder headers = HeaderMutation.newBuilder();
        setAll(headers, now.headers());
        return ProcessingResponse.newBuilder()
                .setImmediateResponse(ImmediateResponse.newBuilder()
                        .setStatus(HttpStatus.newBuilder().setCodeValue(now.status()))
                        .setHeaders(headers)
                        .setBody(UnsafeByteOperations.unsafeWrap(now.body()))
                        .setDetails(now.details()))
                .build();
    }
}
