package dev.sluice.gateway.handover;

import static dev.sluice.gateway.handover.Exchanges.answer;
import static dev.sluice.gateway.handover.Exchanges.captured;
import static dev.sluice.gateway.handover.Exchanges.connector;
import static dev.sluice.gateway.handover.Exchanges.json;
import static dev.sluice.gateway.handover.Exchanges.scan;
import static dev.sluice.gateway.handover.Exchanges.sent;
import static dev.sluice.gateway.handover.Exchanges.view;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Leg;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each connector's legs, against what engines were sent in exchanges that are known to work: captured from a real vLLM 0.32, or
 * written down from the documentation of those that could not be run.
 */
class GoldenExchangeTest {
    @TempDir
    Path directory;

    /** The client's request of a capture: the decode leg without what the gateway adds. */
    private static String client(String decodeLeg, Map<String, Integer> more) {
        ObjectNode body = (ObjectNode) json(captured(decodeLeg + ".request.http"));
        body.remove("kv_transfer_params");
        more.forEach(body::put);
        return body.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, 01-chat-prefill-leg, 01-chat-decode-leg, true",
        "/v1/chat/completions, 02-chat-prefill-leg, 02-chat-decode-leg-stream, true",
        "/v1/chat/completions, 03-repeat-prefill-leg, 03-repeat-decode-leg, true",
        "/v1/completions, 11-short-prefill-leg, 11-short-decode-leg, false",
    })
    void theLegsOfNixlAreThoseThatARealPairTook(String path, String prefill, String decode, boolean streamIsSaid) {
        JsonNode golden = json(captured(prefill + ".request.http"));
        // One capture has the newer limit too, as a client's request may.
        Map<String, Integer> more = golden.has("max_completion_tokens") ? Map.of("max_completion_tokens", 6) : Map.of();
        BodyScan scan = scan(Api.of(path).orElseThrow(), client(decode, more));
        Connector nixl = connector(directory, "nixl");

        ObjectNode first = (ObjectNode) json(sent(scan, nixl.prefill(view(scan, false, Optional.empty()))));
        if (!streamIsSaid) {
            first.remove("stream");
        }
        assertThat(first).isEqualTo(golden);

        String said = captured(prefill + ".response.http");
        Leg second = nixl.decode(view(scan, false, Optional.empty()), Optional.of(answer(said)))
                .orElseThrow();
        ObjectNode expected = (ObjectNode) json(captured(decode + ".request.http"));
        more.forEach(expected::put);
        String body = sent(scan, second);
        assertThat(json(body)).isEqualTo(expected);
        int params = said.indexOf("{\"do_remote_prefill\"");
        assertThat(body).as("byte for byte").contains(said.substring(params, said.indexOf('}', params) + 1));
    }

    @ParameterizedTest
    @CsvSource({"/v1/messages, 07-messages-prefill-leg", "/v1/responses, 07-responses-prefill-leg"})
    void otherRoutesArePrefilledAsTheRealEngineTookThem(String path, String capture) {
        ObjectNode golden = (ObjectNode) json(captured(capture + ".request.http"));
        ObjectNode client = golden.deepCopy();
        client.remove("kv_transfer_params");
        String limit = path.equals("/v1/responses") ? "max_output_tokens" : "max_tokens";
        client.put(limit, 50).put("stream", true);
        BodyScan scan = scan(Api.of(path).orElseThrow(), client.toString());
        Connector nixl = connector(directory, "nixl");

        ObjectNode first = (ObjectNode) json(sent(scan, nixl.prefill(view(scan, false, Optional.empty()))));
        first.remove(List.of("stream", "store"));
        assertThat(first).isEqualTo(golden);
        assertThat(nixl.decode(
                        view(scan, false, Optional.empty()), Optional.of(answer(captured(capture + ".response.http")))))
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "{'do_remote_prefill':true,'remote_block_ids':null,'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[],'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[[ ]],'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[[1]],'remote_request_id':'r','remote_host':'h','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[[1]],'remote_engine_id':'e','remote_host':'h','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[[1]],'remote_engine_id':'e','remote_request_id':'','remote_host':'h','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[[1]],'remote_engine_id':'e','remote_request_id':'r','remote_port':1}",
                "{'do_remote_prefill':true,'remote_block_ids':[[1]],'remote_engine_id':'e','remote_request_id':'r','remote_host':'h'}",
                "{'do_remote_prefill':false,'remote_block_ids':[[1]],'remote_engine_id':'e','remote_request_id':'r','remote_host':'h','remote_port':1}",
            })
    void paramsThatWouldKillARealDecodeEngineNeverReachOne(String params) {
        BodyScan scan = scan(Api.COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"p\"}");
        String said = "{\"choices\":[],\"kv_transfer_params\":" + params.replace('\'', '"') + "}";
        assertThat(connector(directory, "nixl").decode(view(scan, false, Optional.empty()), Optional.of(answer(said))))
                .isEmpty();
    }

    record Written(String title, JsonNode what) {
        @Override
        public String toString() {
            return title;
        }
    }

    static Stream<Written> transcribed() {
        List<Written> all = new ArrayList<>();
        json(Exchanges.resource("transcribed.json"))
                .forEach(what -> all.add(new Written(what.get("case").asText(), what)));
        return all.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("transcribed")
    void theLegsOfAConnectorAreThoseOfItsDocumentation(Written written) {
        JsonNode what = written.what();
        Connector connector = connector(directory, what.get("connector").asText());
        BodyScan scan = scan(
                Api.of(what.get("path").asText()).orElseThrow(),
                what.get("client").toString());
        Optional<Answer> known = text(what, "known").map(Exchanges::answer);
        HandoverView view = view(scan, what.path("source").asBoolean(), known);

        Optional<Connector.Order> order = connector.order(view);
        assertThat(order.map(Enum::name))
                .isEqualTo(Optional.ofNullable(what.get("order"))
                        .filter(n -> !n.isNull())
                        .map(JsonNode::asText));
        if (what.has("prefill")) {
            leg(connector.prefill(view), scan, what, "prefill");
        }
        Optional<Answer> said = text(what, "prefillAnswer").map(Exchanges::answer);
        said.ifPresent(answer -> assertThat(connector.remember(answer).map(Exchanges::json))
                .isEqualTo(text(what, "remembered").map(Exchanges::json)));
        if (what.has("decode")) {
            Optional<Leg> decode =
                    connector.decode(view, order.equals(Optional.of(Connector.Order.SERIAL)) ? said : Optional.empty());
            assertThat(decode.isPresent()).isEqualTo(!what.get("decode").isNull());
            decode.ifPresent(leg -> leg(leg, scan, what, "decode"));
        }
        HandoverView alone = new HandoverView(
                new HandoverView.Ends(
                        view.id(), view.decode(), view.decode(), view.source(), Optional.empty(), view.random()),
                scan);
        Optional<Leg> pull = connector.pull(alone);
        assertThat(pull.isPresent()).as("can pull").isEqualTo(what.has("pull"));
        pull.ifPresent(leg -> assertThat(json(sent(scan, leg))).isEqualTo(what.get("pull")));
    }

    private static Optional<String> text(JsonNode what, String name) {
        return what.has(name) ? Optional.of(what.get(name).toString()) : Optional.empty();
    }

    private static void leg(Leg leg, BodyScan scan, JsonNode what, String name) {
        assertThat(json(sent(scan, leg))).as(name).isEqualTo(what.get(name));
        Map<String, String> headers = new TreeMap<>();
        what.path(name + "Headers")
                .properties()
                .forEach(h -> headers.put(h.getKey(), h.getValue().asText()));
        assertThat(leg.headers()).isEqualTo(headers);
    }

    @Test
    void mooncakeAsksTheBootstrapServer() {
        assertThat(connector(directory, "mooncake").query(Exchanges.PREFILL))
                .contains(new Connector.Query(8998, "/query"));
    }
}
