package dev.sluice.gateway.handover;

import static dev.sluice.gateway.handover.Exchanges.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.Edits;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Leg;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SplittableTest {
    private static final Connector.Traits ONE_SEQUENCE =
            new Connector.Traits(Duration.ofSeconds(30), true, false, false, false, true);
    private static final Connector.Traits ANY_NUMBER =
            new Connector.Traits(Duration.ZERO, false, false, false, false, true);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "COMPLETIONS | {'prompt':'p'} | true",
                "COMPLETIONS | {'prompt':[1,2,3]} | true",
                "COMPLETIONS | {'prompt':['p']} | true",
                "COMPLETIONS | {'prompt':[[1,2,3]]} | true",
                "COMPLETIONS | {'prompt':'p','echo':false,'prompt_logprobs':null,'truncate_prompt_tokens':null} | true",
                "COMPLETIONS | {'prompt':'p','echo':true} | false",
                "COMPLETIONS | {'prompt':'p','prompt_logprobs':0} | false",
                "COMPLETIONS | {'prompt':'p','use_beam_search':true} | false",
                "COMPLETIONS | {'prompt':'p','truncate_prompt_tokens':-1} | false",
                "COMPLETIONS | {'prompt_embeds':'eA=='} | false",
                "CHAT | {'messages':[{'role':'user','content':'x'},{'role':'user','content':'y'}]} | true",
                "MESSAGES | {'messages':[]} | true",
                "GENERATE | {'token_ids':[1]} | true",
                "RESPONSES | {'input':'x'} | true",
                "RESPONSES | {'input':'x','background':true} | false",
                "RESPONSES | {'input':'x','previous_response_id':'r'} | false",
                "RESPONSES | {'input':'x','truncation':'auto'} | false",
                "EMBEDDINGS | {'input':'x'} | false",
                "COUNT_TOKENS | {'messages':[]} | false",
            })
    void onlyWhatIsTheSamePromptForBothEnginesIsSplit(Api api, String body, boolean splittable) {
        assertThat(Splittable.is(scan(api, body.replace('\'', '"')), ONE_SEQUENCE))
                .isEqualTo(splittable);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "COMPLETIONS | {'prompt':'p','n':2}",
                "COMPLETIONS | {'prompt':['p','q']}",
                "COMPLETIONS | {'prompt':[[1],[2]]}",
                "CHAT | {'messages':[],'n':2}",
                "GENERATE | {'token_ids':[1],'sampling_params':{'n':2}}",
            })
    void severalSequencesAreSplitOnlyWhereEnginesFindTheirBlocksThemselves(Api api, String body) {
        BodyScan scan = scan(api, body.replace('\'', '"'));
        assertThat(Splittable.is(scan, ONE_SEQUENCE)).isFalse();
        assertThat(Splittable.is(scan, ANY_NUMBER)).isTrue();
    }

    @Test
    void aConnectorCantChangeThePrompt() {
        BodyScan scan = scan(Api.COMPLETIONS, "{\"prompt\":\"p\"}");
        assertThatThrownBy(() -> LegBody.of(scan, Edits.of(scan), Leg.of(List.of(Edit.set("prompt", "\"q\"")))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must not change prompt");
        assertThatThrownBy(() -> LegBody.of(
                        scan, Edits.of(scan), Leg.of(List.of(new Edit(List.of("elsewhere"), "x", Optional.of("1"))))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("can't edit inside");
    }

    @Test
    void whatAClientSaysAboutTransfersIsReplacedAndNeverAddedTo() {
        BodyScan scan = scan(
                Api.COMPLETIONS,
                "{\"kv_transfer_params\":{\"do_remote_prefill\":true},\"prompt\":\"p\",\"vllm_xargs\":{\"kv_transfer_params\":1}}");
        String body = Exchanges.sent(scan, Leg.of(List.of(Edit.set("kv_transfer_params", "{\"ours\":1}"))));
        assertThat(body).isEqualTo("{\"kv_transfer_params\":{\"ours\":1},\"prompt\":\"p\",\"vllm_xargs\":{}}");
    }
}
