package dev.sluice.gateway;

import static dev.sluice.gateway.EnvoyStandIn.CHAT;
import static dev.sluice.gateway.EnvoyStandIn.destination;
import static dev.sluice.gateway.EnvoyStandIn.hint;
import static dev.sluice.gateway.EnvoyStandIn.served;
import static dev.sluice.gateway.EnvoyStandIn.set;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.CommonResponse;
import dev.sluice.extproc.v3.ExternalProcessorGrpc;
import dev.sluice.extproc.v3.ImmediateResponse;
import dev.sluice.extproc.v3.Metadata;
import dev.sluice.extproc.v3.ProcessingMode.BodySendMode;
import dev.sluice.extproc.v3.ProcessingMode.HeaderSendMode;
import dev.sluice.extproc.v3.ProcessingResponse;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The picker behind a proxy, from its messages to the ledger; the engines are only asked which models they serve. */
@Timeout(120)
class PickerTest {
    private static final String DESTINATION = "x-gateway-destination-endpoint";
    private static final String SSE = "text/event-stream";

    @TempDir
    Path dir;

    private final List<AutoCloseable> open = new ArrayList<>();
    private ScriptedEngine one;
    private ScriptedEngine two;

    PickerTest() throws Exception {
        one = opened(new ScriptedEngine("base"));
        two = opened(new ScriptedEngine("base"));
    }

    private <T extends AutoCloseable> T opened(T it) {
        open.addFirst(it);
        return it;
    }

    private GatewayFixture gateway;
    private EnvoyStandIn envoy;

    @BeforeEach
    void start() throws Exception {
        start("", "", "extProc: {host: 127.0.0.1, port: 0}");
    }

    private void start(String pool, String top, String server) throws Exception {
        gateway = opened(GatewayFixture.before(dir, List.of(one, two), pool, top, server));
        envoy = opened(new EnvoyStandIn(gateway.gateway.pickerPort().orElseThrow()));
    }

    private void restart(String pool, String top, String server) throws Exception {
        envoy.close();
        gateway.close();
        start(pool, top, server);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable it : open) {
            it.close();
        }
    }

    private String address(ScriptedEngine engine) {
        return "127.0.0.1:" + engine.port();
    }

    private static String chat(boolean stream, String... more) {
        return "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"stream\":" + stream
                + String.join("", more) + "}";
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time to wait for it").isLessThan(end);
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private String explain(String id) throws Exception {
        return gateway.admin("/explain/" + id).body();
    }

    @Test
    void aBodyInPiecesComesBackInPiecesBehindItsDestination() throws Exception {
        String text = "x".repeat(150_000);
        String body = "{\"model\":\"alias\",\"cache_salt\":\"mine\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + text + "\"}]}";
        EnvoyStandIn.Request request = envoy.begin(CHAT, DESTINATION, "10.9.9.9:1", "authorization", "Bearer secret");
        request.body(body.substring(0, 70_000), false).body(body.substring(70_000), false);
        assertThat(request.quiet()).isTrue();
        request.body("", true);
        ProcessingResponse head = request.next();
        CommonResponse common = head.getRequestHeaders().getResponse();
        Map<String, String> headers = set(common.getHeaderMutation());
        assertThat(headers.get(DESTINATION)).isIn(address(one), address(two)).isEqualTo(destination(head));
        assertThat(headers.get("x-request-id")).startsWith("slc-");
        assertThat(common.getHeaderMutation().getRemoveHeadersList()).contains(DESTINATION, "authorization");
        List<ByteString> pieces = request.pieces();
        assertThat(pieces).allMatch(piece -> piece.size() <= 62_000);
        assertThat(ByteString.copyFrom(pieces).toStringUtf8())
                .isEqualTo("{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}");
        assertThat(gateway.inFlight()).isEqualTo(1);
        request.cancel();
        gateway.awaitIdle();
    }

    @Test
    void aBufferedBodyIsAnsweredWithDestinationAndLength() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(BodySendMode.BUFFERED, BodySendMode.BUFFERED, CHAT);
        assertThat(request.head().hasHeaderMutation()).isFalse();
        request.body("{\"model\":\"alias\",\"messages\":[]}", true);
        ProcessingResponse answer = request.next();
        CommonResponse common = answer.getRequestBody().getResponse();
        assertThat(common.getBodyMutation().getBody().toStringUtf8()).isEqualTo("{\"model\":\"base\",\"messages\":[]}");
        assertThat(set(common.getHeaderMutation()))
                .containsEntry("content-length", "30")
                .containsEntry(DESTINATION, destination(answer));
        request.answerHead(200, "application/json", false).next();
        request.answerBody("{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}", true);
        assertThat(request.next())
                .isEqualTo(ProcessingResponse.newBuilder()
                        .setResponseBody(dev.sluice.extproc.v3.BodyResponse.getDefaultInstance())
                        .build());
        gateway.awaitIdle();
        assertThat(request.close()).isEqualTo(Status.OK);
    }

    @Test
    void aHeadAloneDecidesWhereTheBodyIsNotSent() throws Exception {
        EnvoyStandIn.Request request =
                envoy.begin(BodySendMode.NONE, BodySendMode.NONE, CHAT, "content-length", "4000");
        assertThat(set(request.head().getHeaderMutation()).get(DESTINATION)).isIn(address(one), address(two));
        request.cancel();
        gateway.awaitIdle();
    }

    @Test
    void trailersFollowTheBody() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(CHAT);
        request.body(chat(false), false).trailers();
        request.head();
        var piece =
                request.next().getRequestBody().getResponse().getBodyMutation().getStreamedResponse();
        assertThat(piece.getEndOfStream()).isFalse();
        assertThat(piece.getBody().toStringUtf8()).isEqualTo(chat(false));
        assertThat(request.next().hasRequestTrailers()).isTrue();
        request.answerHead(200, "application/json", false).next();
        request.answerBody("{\"choices\":[]}", false).next();
        request.answerTrailers();
        assertThat(request.next().hasResponseTrailers()).isTrue();
        gateway.awaitIdle();
    }

    @Test
    void theHintOfAllowedEndpointsCountsWithItsPort() throws Exception {
        for (ScriptedEngine engine : List.of(one, two, one)) {
            EnvoyStandIn.Request request = begin(hint(address(engine), "10.0.0.1:80"));
            request.body(chat(false), true);
            assertThat(set(request.head().getHeaderMutation())).containsEntry(DESTINATION, address(engine));
            request.cancel();
        }
        EnvoyStandIn.Request any = begin(hint("127.0.0.1"));
        any.body(chat(false), true);
        assertThat(set(any.head().getHeaderMutation()).get(DESTINATION)).isIn(address(one), address(two));
        any.cancel();
        for (Metadata none : List.of(hint(), hint("127.0.0.1:1"))) {
            ImmediateResponse answer =
                    begin(none).body(chat(false), true).next().getImmediateResponse();
            assertThat(answer.getStatus().getCodeValue()).isEqualTo(503);
            assertThat(set(answer.getHeaders()))
                    .containsEntry("x-llm-d-request-dropped-reason", "rejected-no-endpoints")
                    .containsKey("retry-after");
        }
    }

    private EnvoyStandIn.Request begin(Metadata metadata) {
        return envoy.begin(
                BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.FULL_DUPLEX_STREAMED, metadata, "POST", false, CHAT);
    }

    @Test
    void furtherDestinationsFollowInOrderWhereThePickerIsAskedForThem() throws Exception {
        restart("routing: two", """
                routing:
                  two:
                    plugins: [{type: queue-scorer}, {type: max-score-picker, parameters: {maxNumOfEndpoints: 2}}]
                    schedulingProfiles:
                      - {name: default, plugins: [{pluginRef: queue-scorer}, {pluginRef: max-score-picker}]}
                """, "extProc: {host: 127.0.0.1, port: 0}");
        EnvoyStandIn.Request request = envoy.begin(CHAT).body(chat(false), true);
        String both = set(request.head().getHeaderMutation()).getOrDefault(DESTINATION, "");
        assertThat(both.split(",")).containsExactlyInAnyOrder(address(one), address(two));
    }

    @Test
    void theEndpointThatServedIsTheOneThatIsCharged() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(CHAT).body(chat(true), true);
        String first = set(request.head().getHeaderMutation()).getOrDefault(DESTINATION, "");
        String other = first.equals(address(one)) ? address(two) : address(one);
        request.pieces();
        request.answerHead(200, SSE, false, served(other)).next();
        assertThat(inFlightAt(first)).isZero();
        assertThat(inFlightAt(other)).isEqualTo(1);
        request.cancel();
        gateway.awaitIdle();
    }

    private int inFlightAt(String address) {
        return gateway.gateway.runtime().settings.table().pools().getFirst().pool().report().stream()
                .filter(row -> row.endpoint().address().equals(address))
                .mapToInt(row -> row.inFlight())
                .sum();
    }

    @Test
    void usageIsReadFromAStreamAndTheEventThatWeAskedForTakenOut() throws Exception {
        EnvoyStandIn.Request request =
                envoy.begin(CHAT, "x-request-id", "mine-7").body(chat(true), true);
        request.head();
        assertThat(ByteString.copyFrom(request.pieces()).toStringUtf8()).contains("\"include_usage\":true");
        request.answerHead(200, SSE, false);
        var head = request.next().getResponseHeaders().getResponse().getHeaderMutation();
        assertThat(set(head)).containsEntry("x-request-id", "mine-7").containsKey("x-sluice-id");
        assertThat(head.getRemoveHeadersList()).contains("x-inference-port");
        String first = delta("a");
        request.answerBody(first.substring(0, 20), false).answerBody(first.substring(20) + delta("b"), false);
        request.answerBody(finish("stop") + usage(10, 3, 2) + DONE, false).answerBody("", true);
        assertThat(request.answerPieces()).isEqualTo(delta("a") + delta("b") + finish("stop") + DONE);
        gateway.awaitIdle();
        assertThat(request.close()).isEqualTo(Status.OK);
        String metrics = gateway.admin("/metrics").body();
        assertThat(metrics).contains("kind=\"cached\"").contains("sluice_tokens_total");
        assertThat(explain("mine-7")).contains("with the answer's last byte");
    }

    @Test
    void aCutStreamNeverLooksComplete() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(CHAT).body(chat(true), true);
        request.head();
        request.pieces();
        request.answerHead(200, SSE, false).next();
        request.answerBody(delta("a"), false).answerBody("", true);
        String seen = request.answerPieces();
        assertThat(seen).startsWith(delta("a")).contains("upstream_cut").doesNotContain("[DONE]");
        gateway.awaitIdle();
    }

    @Test
    void anEnginesRefusalReleasesAtOnce() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(CHAT).body(chat(true), true);
        request.head();
        request.pieces();
        request.answerHead(503, "application/json", false);
        assertThat(set(request.next().getResponseHeaders().getResponse().getHeaderMutation()))
                .containsEntry("x-sluice-error-source", "engine");
        gateway.awaitIdle();
        request.answerBody("{\"error\":{}}", true);
        assertThat(request.answerPieces()).isEqualTo("{\"error\":{}}");
    }

    @Test
    void refusalsHaveOpenAisShapeAndLlmdsStatus() throws Exception {
        ImmediateResponse unknown = envoy.begin(CHAT)
                .body("{\"model\":\"other\",\"messages\":[]}", true)
                .next()
                .getImmediateResponse();
        assertThat(unknown.getStatus().getCodeValue()).isEqualTo(404);
        assertThat(unknown.getBody().toStringUtf8()).contains("\"code\":\"model_not_found\"");
        assertThat(set(unknown.getHeaders()))
                .containsEntry("content-type", "application/json")
                .containsEntry("x-sluice-error-source", "gateway")
                .containsKey("x-sluice-id");
        ImmediateResponse bad = envoy.begin(CHAT).body("{", true).next().getImmediateResponse();
        assertThat(bad.getStatus().getCodeValue()).isEqualTo(400);
        ImmediateResponse nowhere = envoy.begin("/v1/nothing").next().getImmediateResponse();
        assertThat(nowhere.getStatus().getCodeValue()).isEqualTo(404);
        ImmediateResponse packed =
                envoy.begin(CHAT, "content-encoding", "gzip").next().getImmediateResponse();
        assertThat(packed.getStatus().getCodeValue()).isEqualTo(415);
        gateway.awaitIdle();
    }

    @Test
    void modelsAreListedWithoutAnEngine() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(
                BodySendMode.FULL_DUPLEX_STREAMED,
                BodySendMode.FULL_DUPLEX_STREAMED,
                Metadata.getDefaultInstance(),
                "GET",
                true,
                "/v1/models?x=1");
        ImmediateResponse answer = request.next().getImmediateResponse();
        assertThat(answer.getStatus().getCodeValue()).isEqualTo(200);
        assertThat(answer.getBody().toStringUtf8()).contains("\"alias\"").contains("\"base\"");
        assertThat(request.status()).isEqualTo(Status.OK);
    }

    @Test
    void tlsOnThePortIsHttp2ByItsName() throws Exception {
        Certificates certificates = Certificates.in(dir);
        restart(
                "",
                "",
                "extProc: {host: 127.0.0.1, port: 0, tls: {cert: {file: " + certificates.certificate("server")
                        + "}, key: {file: " + certificates.key("server") + "}}}");
        var channel =
                opened(new SecureChannel(gateway.gateway.pickerPort().orElseThrow(), certificates.certificate("ca")));
        HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel.channel());
        await(() -> check(health, "readiness") == ServingStatus.SERVING);
    }

    /** A channel that trusts one CA. */
    private record SecureChannel(io.grpc.ManagedChannel channel) implements AutoCloseable {
        SecureChannel(int port, Path ca) throws Exception {
            this(io.grpc.Grpc.newChannelBuilderForAddress(
                            "127.0.0.1",
                            port,
                            io.grpc.TlsChannelCredentials.newBuilder()
                                    .trustManager(ca.toFile())
                                    .build())
                    .build());
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    @Test
    void aPathMayHaveAPrefix() throws Exception {
        EnvoyStandIn.Request request = envoy.begin("/team-a" + CHAT).body(chat(false), true);
        assertThat(set(request.head().getHeaderMutation())).containsKey(DESTINATION);
    }

    @Test
    void aFullQueueIsAnsweredWith429() throws Exception {
        restart("concurrency: 1", "", "extProc: {host: 127.0.0.1, port: 0}");
        List<EnvoyStandIn.Request> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            EnvoyStandIn.Request runs = envoy.begin(CHAT).body(chat(false), true);
            runs.head();
            all.add(runs);
        }
        for (int i = 0; i < 1024; i++) {
            all.add(envoy.begin(CHAT).body(chat(false), true));
        }
        await(() -> queued() == 1024);
        ImmediateResponse refused =
                envoy.begin(CHAT).body(chat(false), true).next().getImmediateResponse();
        assertThat(refused.getStatus().getCodeValue()).isEqualTo(429);
        assertThat(set(refused.getHeaders()))
                .containsEntry("x-llm-d-request-dropped-reason", "rejected-saturated")
                .containsEntry("retry-after", "1");
        assertThat(refused.getBody().toStringUtf8()).contains("\"type\":\"overloaded_error\"");
        // The clients leave, and everything with them.
        all.forEach(EnvoyStandIn.Request::cancel);
        await(() -> queued() == 0);
        gateway.awaitIdle();
        await(() -> gateway.gateway.runtime().inFlight.get() == 0);
    }

    private int queued() {
        return gateway.gateway
                .runtime()
                .settings
                .table()
                .pools()
                .getFirst()
                .pool()
                .queued();
    }

    @Test
    void anAnswerThatIsNotSentHereIsReleasedWhenTheStreamEnds() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(
                        BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.NONE, CHAT, "x-request-id", "unseen-1")
                .body(chat(true), true);
        request.head();
        assertThat(ByteString.copyFrom(request.pieces()).toStringUtf8()).isEqualTo(chat(true));
        request.answerHead(200, SSE, false).next();
        assertThat(gateway.inFlight()).isEqualTo(1);
        TimeUnit.MILLISECONDS.sleep(150); // held open for the answer, as with response trailers
        assertThat(request.close()).isEqualTo(Status.OK);
        gateway.awaitIdle();
        assertThat(explain("unseen-1")).contains("when the proxy's stream ended");
    }

    @Test
    void anAnswerWhoseStreamIsClosedEarlyIsReleasedAfterTheLearnedDuration() throws Exception {
        EnvoyStandIn.Request request = envoy.begin(
                        BodySendMode.FULL_DUPLEX_STREAMED, BodySendMode.NONE, CHAT, "x-request-id", "unseen-2")
                .body(chat(true, ",\"max_tokens\":20"), true);
        request.head();
        request.pieces();
        request.answerHead(200, SSE, false).next();
        assertThat(request.close()).isEqualTo(Status.OK);
        await(() -> gateway.gateway.runtime().inFlight.get() == 0);
        assertThat(gateway.inFlight()).isEqualTo(1);
        assertThat(explain("unseen-2")).contains("after the learned duration");
        gateway.awaitIdle();
    }

    @Test
    void theProxyIsAskedNotToSendAnswersWhoseUsageNobodyWants() throws Exception {
        restart("", "", "extProc: {host: 127.0.0.1, port: 0, usage: false}");
        EnvoyStandIn.Request request = envoy.begin(CHAT).body(chat(true), true);
        ProcessingResponse head = request.next();
        assertThat(head.getModeOverride().getResponseBodyMode()).isEqualTo(BodySendMode.NONE);
        assertThat(head.getModeOverride().getRequestBodyMode()).isEqualTo(BodySendMode.FULL_DUPLEX_STREAMED);
        assertThat(head.getModeOverride().getResponseTrailerMode()).isEqualTo(HeaderSendMode.SEND);
        assertThat(ByteString.copyFrom(request.pieces()).toStringUtf8()).isEqualTo(chat(true));
        // It sends them all the same: they pass.
        request.answerHead(200, SSE, false).next();
        request.answerBody(delta("a") + DONE, true);
        assertThat(request.answerPieces()).isEqualTo(delta("a") + DONE);
        gateway.awaitIdle();
    }

    @Test
    void healthFollowsReadiness() throws Exception {
        HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(envoy.channel());
        for (String name : List.of("", "readiness", "liveness", ExternalProcessorGrpc.SERVICE_NAME)) {
            await(() -> check(health, name) == ServingStatus.SERVING);
        }
        gateway.gateway.beginDrain();
        await(() -> check(health, ExternalProcessorGrpc.SERVICE_NAME) == ServingStatus.NOT_SERVING);
        assertThat(check(health, "liveness")).isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void aPickerThatStopsPicksOnAndThenLeavesItToTheProxyWhatBecomesOfARequest() throws Exception {
        restart("", "", "drain: {notReadyFor: 2s, streams: 20s}\n  extProc: {host: 127.0.0.1, port: 0}");
        EnvoyStandIn.Request before = envoy.begin(CHAT).body(chat(false), true);
        assertThat(destination(before.next())).isIn(address(one), address(two));
        gateway.gateway.beginDrain();
        EnvoyStandIn.Request during = envoy.begin(CHAT).body(chat(false), true);
        assertThat(destination(during.next())).isIn(address(one), address(two));
        during.cancel();
        await(() -> gateway.gateway.runtime().closed);

        EnvoyStandIn.Request after = envoy.begin(CHAT).body(chat(false), true);
        Status end = after.status();
        assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(end.getDescription()).isEqualTo("the picker is shutting down");
        assertThat(after.quiet()).as("no answer that the proxy would pass on").isTrue();
        assertThat(gateway.inFlight()).as("the one that came before goes on").isEqualTo(1);
        before.cancel();
        gateway.awaitIdle();
    }

    private static ServingStatus check(HealthGrpc.HealthBlockingStub health, String name) {
        return health.check(HealthCheckRequest.newBuilder().setService(name).build())
                .getStatus();
    }

    @Test
    void reflectionListsTheServices() throws Exception {
        BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
        StreamObserver<ServerReflectionRequest> ask = ServerReflectionGrpc.newStub(envoy.channel())
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {
                        answers.add(answer);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        // the test is over
                    }

                    @Override
                    public void onCompleted() {
                        // the test is over
                    }
                });
        ask.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
        ServerReflectionResponse list = answers.poll(20, TimeUnit.SECONDS);
        assertThat(list).isNotNull();
        assertThat(list.getListServicesResponse().getServiceList().stream().map(s -> s.getName()))
                .contains(ExternalProcessorGrpc.SERVICE_NAME, HealthGrpc.SERVICE_NAME);
        ask.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol(ExternalProcessorGrpc.SERVICE_NAME)
                .build());
        ServerReflectionResponse file = answers.poll(20, TimeUnit.SECONDS);
        assertThat(file).isNotNull();
        assertThat(file.getFileDescriptorResponse().getFileDescriptorProtoCount())
                .isPositive();
        ask.onCompleted();
    }
}
