package dev.sluice.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Adapters;
import dev.sluice.core.Scrape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricsPageTest {
    @Test
    void aRealEnginesPageIsUnderstood() throws IOException {
        assertThat(parse(capture("vllm-0.32-during.txt"))).isEqualTo(withoutAdapters(0, 8, 0.2329749103942652));
        assertThat(parse(capture("vllm-0.32-overload.txt"))).isEqualTo(withoutAdapters(24, 16, 0.22939068100358428));
    }

    @Test
    void aPageThatComesInPiecesReadsTheSame() throws IOException {
        byte[] page = capture("vllm-0.32-overload.txt");
        for (int piece : new int[] {1, 7, 97, 4096, 16_384}) {
            MetricsPage parser = new MetricsPage(SampleSink.NONE);
            byte[] buffer = new byte[page.length];
            int held = 0;
            for (int from = 0; from < page.length; from += piece) {
                int size = Math.min(piece, page.length - from);
                System.arraycopy(page, from, buffer, held, size);
                held += size;
                int rest = parser.lines(buffer, 0, held);
                System.arraycopy(buffer, rest, buffer, 0, held - rest);
                held -= rest;
            }
            assertThat(parser.scrape()).as("pieces of %d", piece).isEqualTo(parse(page));
        }
    }

    @Test
    void requestsOfSeveralEnginesAddUpAndTheirCacheUseIsTheMean() {
        assertThat(parse("""
                vllm:num_requests_waiting{engine="0",model_name="m"} 3
                vllm:num_requests_waiting{engine="1",model_name="m"} 4
                vllm:num_requests_running{engine="0"} 10
                vllm:num_requests_running{engine="1"} 20
                vllm:kv_cache_usage_perc{engine="0"} 0.5
                vllm:kv_cache_usage_perc{engine="1"} 0.25
                vllm:cache_config_info{block_size="16",num_gpu_blocks="100",engine="0"} 1
                vllm:cache_config_info{block_size="16",num_gpu_blocks="200",engine="1"} 1
                """)).isEqualTo(new Scrape(7, 30, 0.375, 16, 300));
    }

    @Test
    void oldNamesAreUnderstoodAndNewOnesWin() {
        assertThat(parse("vllm:gpu_cache_usage_perc{model_name=\"m\"} 0.75\n").kvUsage())
                .isEqualTo(0.75);
        assertThat(parse("vllm:gpu_cache_usage_perc 0.75\nvllm:kv_cache_usage_perc 0.5\n")
                        .kvUsage())
                .isEqualTo(0.5);
        assertThat(parse("vllm:gpu_cache_usage_perc 0.75\nvllm:kv_cache_usage_perc NaN\n")
                        .kvUsage())
                .isEqualTo(0.75);
    }

    @Test
    void theEnginesOwnCountOfTokensBeatsBlocksTimesSize() {
        Scrape hybrid = parse("""
                vllm:cache_config_info{block_size="16",num_gpu_blocks="1000"} 1
                vllm:kv_cache_info{kv_cache_size_tokens="8000"} 1
                """);
        assertThat(hybrid.kvBlocks()).isEqualTo(500);
        assertThat(hybrid.blockSize()).isEqualTo(16);
    }

    @Test
    void labelsThatOnlyEndLikeTheWantedOnesAreOthers() {
        Scrape scrape = parse("vllm:cache_config_info{hash_block_size=\"8\",user_specified_block_size=\"True\","
                + "num_gpu_blocks_override=\"7\",block_size=\"None\"} 1\n");
        assertThat(scrape).isEqualTo(Scrape.UNKNOWN);
    }

    @Test
    void otherEnginesAreUnderstood() {
        assertThat(parse("""
                sglang:num_queue_reqs{model_name="m"} 2.0
                sglang:num_running_reqs{model_name="m"} 5.0
                sglang:token_usage{model_name="m"} 0.28
                sglang:cache_config_info{page_size="64",num_pages="512"} 1.0
                """)).isEqualTo(new Scrape(2, 5, 0.28, 64, 512));
        assertThat(parse("""
                trtllm_num_requests_waiting 1
                trtllm_num_requests_running 9
                trtllm_kv_cache_utilization 0.125
                trtllm_kv_cache_tokens_per_block 32
                trtllm_kv_cache_max_blocks 4096
                """)).isEqualTo(new Scrape(1, 9, 0.125, 32, 4096));
        assertThat(parse("""
                nv_inference_pending_request_count{model="m",version="1"} 17
                nv_trt_llm_request_metrics{model="m",request_type="waiting",version="1"} 6
                nv_trt_llm_request_metrics{model="m",request_type="scheduled",version="1"} 11
                nv_trt_llm_request_metrics{model="m",request_type="active",version="1"} 99
                nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="m"} 0.5
                nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="m"} 64
                nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="m"} 800
                """)).isEqualTo(new Scrape(6, 11, 0.5, 64, 800));
    }

    @Test
    void whatIsNotOnThePageIsUnknownAndNotZero() {
        Scrape scrape = parse("vllm:num_requests_running 4\n");
        assertThat(scrape.running()).isEqualTo(4);
        assertThat(scrape.waiting()).isNaN();
        assertThat(scrape.kvUsage()).isNaN();
        assertThat(scrape.blockSize()).isNaN();
        assertThat(parse("")).isEqualTo(Scrape.UNKNOWN);
    }

    @Test
    void numbersThatCannotBeAreUnknown() {
        for (String bad : new String[] {
            "NaN", "+Inf", "-Inf", "-1", "1e308", "-1e308", "", "eight", "1.2.3", "0x10", "9".repeat(400), "1e", "--1"
        }) {
            Scrape scrape = parse("vllm:num_requests_waiting{a=\"b\"} " + bad
                    + "\nvllm:num_requests_running{a=\"b\"} 2\nvllm:kv_cache_usage_perc " + bad + "\n");
            assertThat(scrape.waiting()).as(bad).isNaN();
            assertThat(scrape.kvUsage()).as(bad).isNaN();
            assertThat(scrape.running()).as(bad).isEqualTo(2);
        }
    }

    @Test
    void everyWayToWriteANumberIsRead() {
        for (String text : new String[] {
            "0",
            "0.0",
            "1",
            "12.5",
            "2.5e-1",
            "1.25E2",
            "9007199254740993",
            "0.1",
            "0.30000000000000004",
            "0.22939068100358428",
            "123456789.123456789",
            ".5",
            "5.",
            "00012",
            "0.000000000000000000001",
            "+3"
        }) {
            byte[] bytes = (text + " 1700000000000").getBytes(StandardCharsets.US_ASCII);
            assertThat(DecimalText.parse(bytes, 0, bytes.length)).as(text).isEqualTo(Double.parseDouble(text));
        }
    }

    @Test
    void anyDoubleIsReadAsTheJdkReadsIt() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            double value =
                    i % 2 == 0 ? random.nextDouble() : Math.scalb(random.nextDouble(), random.nextInt(200) - 100);
            byte[] bytes = Double.toString(value).getBytes(StandardCharsets.US_ASCII);
            assertThat(DecimalText.parse(bytes, 0, bytes.length)).isEqualTo(value);
        }
    }

    @Test
    void labelValuesMayHoldBracesBlanksAndQuotes() {
        Scrape scrape = parse("""
                vllm:num_requests_running{model_name="a } 7 \\" b\\\\",engine="0",} 3 1700000000000
                vllm:num_requests_waiting\t{ engine="0" } 5\r
                """);
        assertThat(scrape.running()).isEqualTo(3);
        assertThat(scrape.waiting()).isNaN();
        assertThat(parse("vllm:num_requests_waiting{engine=\"0\"}5\n").waiting())
                .isEqualTo(5);
        assertThat(parse("vllm:num_requests_waiting{engine=\"0} 5\n").waiting()).isNaN();
        assertThat(parse("vllm:num_requests_waiting{engine=0} 5\n").waiting()).isNaN();
    }

    @Test
    void noGarbageBreaksIt() throws IOException {
        byte[] page = capture("vllm-0.32-during.txt");
        Random random = new Random(42);
        for (int round = 0; round < 300; round++) {
            byte[] broken = Arrays.copyOf(page, random.nextInt(page.length));
            for (int i = 0; i < 2000 && broken.length > 0; i++) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
            }
            Scrape scrape = parse(broken);
            assertThat(scrape.running() < 0 || Double.isInfinite(scrape.running()))
                    .isFalse();
            assertThat(scrape.kvUsage() > 1).isFalse();
        }
    }

    private static Scrape parse(String page) {
        return parse(page.getBytes(StandardCharsets.UTF_8));
    }

    private static Scrape parse(byte[] page) {
        return MetricsPage.parse(page, page.length);
    }

    static byte[] capture(String name) throws IOException {
        try (InputStream in = MetricsPageTest.class.getResourceAsStream(name)) {
            return in == null ? new byte[0] : in.readAllBytes();
        }
    }

    /** As those captures say: 280 blocks of 32 tokens, room for two adapters and none in hand. */
    static Scrape withoutAdapters(double waiting, double running, double kvUsage) {
        return new Scrape(waiting, running, kvUsage, 32, 280, new Adapters(List.of(), List.of(), 2), Map.of());
    }

    @Test
    void theNewestLineSaysWhichAdaptersAnEngineHasInHand() {
        Scrape scrape = parse("""
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="",waiting_lora_adapters=""} 100.0
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="a, b",waiting_lora_adapters="c"} 300.5
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="z",waiting_lora_adapters=""} 200.0
                """);
        assertThat(scrape.adapters()).isEqualTo(new Adapters(List.of("a", "b"), List.of("c"), 4));
    }

    @Test
    void adaptersThatCantBeReadAreUnknown() {
        assertThat(parse("vllm:num_requests_running 1\n").adapters()).isEqualTo(Adapters.UNKNOWN);
        assertThat(parse("""
                vllm:lora_requests_info{running_lora_adapters="a"} 1
                vllm:lora_requests_info{max_lora="4",running_lora_adapters="a"} soon
                vllm:num_requests_running 1
                """).adapters()).isEqualTo(Adapters.UNKNOWN);
    }

    @Test
    void whatElseIsWantedIsHandedOverWithItsLabels() {
        List<String> taken = new ArrayList<>();
        SampleSink sink = new SampleSink() {
            @Override
            public boolean wants(byte[] bytes, int from, int to) {
                return new String(bytes, from, to - from, StandardCharsets.UTF_8).startsWith("my_");
            }

            @Override
            public void sample(byte[] bytes, int from, int to, String labels, double value) {
                taken.add(new String(bytes, from, to - from, StandardCharsets.UTF_8) + "[" + labels + "] " + value);
            }

            @Override
            public Map<String, Double> finish() {
                return Map.of("mine", 7.0, "signal/running", 3.0);
            }
        };
        MetricsPage page = new MetricsPage(sink);
        byte[] text = """
                # HELP my_metric of mine
                my_metric 1.5
                my_metric{a="b",c="d e"} NaN
                my_x{}	4
                my_broken{a="b
                other 1
                vllm:num_requests_running 1
                """.getBytes(StandardCharsets.UTF_8);
        page.lines(text, 0, text.length);
        assertThat(taken).containsExactly("my_metric[] 1.5", "my_metric[a=\"b\",c=\"d e\"] NaN", "my_x[] 4.0");
        assertThat(page.scrape().attributes()).containsExactly(Map.entry("mine", 7.0));
        assertThat(page.scrape().running()).isEqualTo(3);
        assertThat(page.any()).isTrue();
    }
}
