package dev.sluice.core.scan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class EditsTest {
    private static BodyScan scan(String json) throws BadBodyException {
        return new BodyScanner(List.of("metadata.session_id", "user"))
                .scan(Api.CHAT, ByteBuffer.wrap(json.getBytes(UTF_8)));
    }

    private static String text(Edits edits) {
        EditedBody edited = edits.apply();
        byte[] bytes = edited.toBytes();
        assertThat(bytes).hasSize(edited.length());
        return new String(bytes, UTF_8);
    }

    @Test
    void aBodyWithoutReservedFieldsStaysAsItIsInOnePiece() throws BadBodyException {
        String json = " { \"model\" : \"m\", \"x\":[1 , 2.50], \"messages\":[] }\n";
        EditedBody edited = Edits.of(scan(json)).model("m").apply();
        assertThat(edited.slices()).hasSize(1);
        assertThat(new String(edited.toBytes(), UTF_8)).isEqualTo(json);
    }

    @Test
    void reservedFieldsAreTakenOutWhereverTheyStand() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"cache_salt\":\"x\",\"a\":1,\"request_id\":\"r\",\"bootstrap_room\":7}"))))
                .isEqualTo("{\"a\":1}");
        assertThat(text(Edits.of(scan("{\"kv_transfer_params\":{\"a\":[1]},\"ec_transfer_params\":null}"))))
                .isEqualTo("{}");
        assertThat(text(Edits.of(scan("{\"a\":1 , \"bootstrap_new\" : 2 ,\"b\":3}"))))
                .isEqualTo("{\"a\":1 ,\"b\":3}");
    }

    @Test
    void reservedFieldsAreTakenOutOfExtraArgumentsToo() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"vllm_xargs\":{\"cache_salt\":1,\"k\":2,\"priority\":3},"
                        + "\"sampling_params\":{\"extra_args\":{\"kv_transfer_params\":{}},\"n\":2}}"))))
                .isEqualTo("{\"vllm_xargs\":{\"k\":2},\"sampling_params\":{\"extra_args\":{},\"n\":2}}");
    }

    @Test
    void anEscapedReservedNameIsTakenOutAsWell() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"cache\\u005fsalt\":\"x\",\"\\u0062ootstrap_x\":1,\"a\":1}"))))
                .isEqualTo("{\"a\":1}");
    }

    @Test
    void priorityPassesOnlyWhenAllowed() throws BadBodyException {
        BodyScan scan = scan("{\"priority\":5,\"a\":1}");
        assertThat(text(Edits.of(scan))).isEqualTo("{\"a\":1}");
        assertThat(text(Edits.of(scan).allowPriority())).isEqualTo("{\"priority\":5,\"a\":1}");
        assertThat(scan.integer(Field.PRIORITY)).hasValue(5);
    }

    @Test
    void theModelIsReplacedOrAdded() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"a\":1,\"model\": \"chat\" }")).model("acme/\"8b\"")))
                .isEqualTo("{\"a\":1,\"model\": \"acme/\\\"8b\\\"\" }");
        assertThat(text(Edits.of(scan("{ }")).model("m"))).isEqualTo("{ \"model\":\"m\"}");
        assertThat(text(Edits.of(scan("{\"cache_salt\":1}")).model("m"))).isEqualTo("{\"model\":\"m\"}");
    }

    @Test
    void usageIsAskedForInEveryForm() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"stream\":true}")).includeUsage()))
                .isEqualTo("{\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        assertThat(text(Edits.of(scan("{\"stream_options\":null}")).includeUsage()))
                .isEqualTo("{\"stream_options\":{\"include_usage\":true}}");
        assertThat(text(Edits.of(scan("{\"stream_options\":{}}")).includeUsage()))
                .isEqualTo("{\"stream_options\":{\"include_usage\":true}}");
        assertThat(text(Edits.of(scan("{\"stream_options\":{\"a\":1, \"include_usage\": false}}"))
                        .includeUsage()))
                .isEqualTo("{\"stream_options\":{\"a\":1, \"include_usage\": true}}");
        assertThat(text(Edits.of(scan("{\"stream_options\":{\"include_usage\":null}}"))
                        .includeUsage()))
                .isEqualTo("{\"stream_options\":{\"include_usage\":true}}");
        String asked = "{\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true}}";
        assertThat(text(Edits.of(scan(asked)).includeUsage())).isEqualTo(asked);
        assertThat(text(Edits.of(scan("{\"stream_options\":{\"continuous_usage_stats\":true}}"))
                        .includeUsage()))
                .isEqualTo("{\"stream_options\":{\"continuous_usage_stats\":false,\"include_usage\":true}}");
    }

    @Test
    void aTakenFieldCanBeSetByUs() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"cache_salt\":\"theirs\",\"a\":1}")).set("cache_salt", "\"ours\"")))
                .isEqualTo("{\"cache_salt\":\"ours\",\"a\":1}");
    }

    @Test
    void aReplacedObjectIsNotCutInside() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"vllm_xargs\":{\"priority\":1,\"b\":2}}"))
                        .set("vllm_xargs", "null")))
                .isEqualTo("{\"vllm_xargs\":null}");
        assertThat(text(Edits.of(scan("{\"a\":1,\"vllm_xargs\":{\"priority\":1,\"b\":2}}"))
                        .remove("vllm_xargs")))
                .isEqualTo("{\"a\":1}");
    }

    @Test
    void membersOfNestedObjectsAreSet() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"sampling_params\":{\"max_tokens\":9}}"))
                        .set(Field.SAMPLING_PARAMS, "max_tokens", "1")
                        .set(Field.SAMPLING_PARAMS, "min_tokens", "1")))
                .isEqualTo("{\"sampling_params\":{\"max_tokens\":1,\"min_tokens\":1}}");
    }

    @Test
    void settingAMemberThatTheClientNamedTwiceLeavesOne() throws BadBodyException {
        assertThat(text(Edits.of(scan("{\"seed\":1,\"se\\u0065d\":2,\"seed\":3}"))
                        .set("seed", "4")))
                .isEqualTo("{\"seed\":4}");
    }
}
