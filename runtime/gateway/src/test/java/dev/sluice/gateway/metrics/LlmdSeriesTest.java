package dev.sluice.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.EndpointReport;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LlmdSeriesTest {
    private static final String ML =
            "fairness_id=\"default-flow\",model_name=\"chat\",priority=\"0\",target_model_name=\"acme\"";
    private static final String OLD = "model_name=\"chat\",target_model_name=\"acme\"";
    private static final Endpoint ENDPOINT = new Endpoint("models/vllm-0", "10.0.0.1:8000", Role.BOTH, Map.of());
    private final Meters meters = new Meters("1.2.3");

    @AfterEach
    void close() {
        meters.close();
    }

    private String page() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        meters.scrape(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void nothingOfThemIsThereUnlessItIsAskedFor() throws IOException {
        LlmdRequest request = meters.llmd().begin("chat", "acme");
        assertThat(request).isSameAs(LlmdRequest.NONE);
        request.ended(200, 1, new LlmdRequest.End(1, 1, 1, 1, 1));
        assertThat(page())
                .doesNotContain("llm_d_epp_", "inference_objective_", "inference_pool_", "inference_extension_");
    }

    @Test
    void aRequestIsCountedUnderItsNamesOfNowAndOfBefore() throws IOException {
        meters.showLlmd(true);
        LlmdRequest request = meters.llmd().begin("chat", "acme");
        assertThat(page())
                .contains("llm_d_epp_request_running{" + ML + "} 1.0")
                .contains("inference_objective_running_requests{model_name=\"chat\"} 1.0");

        request.placed(ENDPOINT);
        request.firstToken(300_000_000, true);
        request.perToken(20_000_000);
        request.ended(200, 2_000_000_000, new LlmdRequest.End(700, 3000, 100, 64, 40));

        assertThat(page())
                .contains("llm_d_epp_request_total{" + ML + "} 1.0")
                .contains(
                        "inference_objective_request_total{model_name=\"chat\",priority=\"0\",target_model_name=\"acme\"} 1.0")
                .contains("llm_d_epp_request_running{" + ML + "} 0.0")
                .contains("llm_d_epp_request_duration_seconds_sum{" + ML + "} 2.0")
                .contains("inference_objective_request_duration_seconds_bucket{" + OLD + ",le=\"2.0\"} 1")
                .contains("llm_d_epp_request_size_bytes_sum{" + ML + "} 700.0")
                .contains("inference_objective_request_sizes_sum{" + OLD + "} 700.0")
                .contains("llm_d_epp_response_size_bytes_sum{" + ML + "} 3000.0")
                .contains("llm_d_epp_request_input_tokens_sum{" + ML + "} 100.0")
                .contains("inference_objective_prompt_cached_tokens_sum{" + OLD + "} 64.0")
                .contains("inference_objective_output_tokens_sum{" + OLD + "} 40.0")
                .contains("llm_d_epp_request_ntpot_seconds_sum{" + ML + "} 0.05")
                .contains("streaming=\"true\",target_model_name=\"acme\",le=\"0.3\"} 1")
                .contains("llm_d_epp_request_streaming_tpot_seconds_sum{" + ML + "} 0.02")
                .contains(
                        "llm_d_epp_scheduler_attempts_total{endpoint_name=\"vllm-0\",namespace=\"models\",port=\"8000\","
                                + "status=\"success\",target_model_name=\"acme\"} 1.0")
                .contains("inference_extension_scheduler_attempts_total{namespace=\"models\",pod_name=\"vllm-0\"")
                .contains("llm_d_epp_info{build_ref=\"1.2.3\",commit=\"sluice-1.2.3\"} 1.0")
                .doesNotContain("llm_d_epp_request_error_total{");
    }

    @Test
    void anErrorHasLlmdsWordForItAndUnknownTokensAreNoZeros() throws IOException {
        meters.showLlmd(true);
        for (int status : new int[] {503, 400, 499, 502}) {
            LlmdRequest request = meters.llmd().begin("chat", "acme");
            request.unplaced();
            request.ended(status, 1, new LlmdRequest.End(1, 1, -1, -1, -1));
        }

        assertThat(page())
                .contains("llm_d_epp_request_error_total{error_code=\"ServiceUnavailable\"," + ML + "} 1.0")
                .contains("inference_objective_request_error_total{error_code=\"BadRequest\"," + OLD + "} 1.0")
                .contains("error_code=\"ClientDisconnected\"", "error_code=\"ModelServerError\"")
                .contains("status=\"failure\",target_model_name=\"acme\"} 4.0")
                .doesNotContain("llm_d_epp_request_input_tokens_count{");
    }

    @Test
    void pastAThousandModelsTheRestIsOther() throws IOException {
        meters.showLlmd(true);
        for (int i = 0; i < 1010; i++) {
            meters.llmd().begin("m" + i, "t");
        }

        assertThat(page())
                .contains(
                        "model_name=\"m999\"",
                        "llm_d_epp_request_total{fairness_id=\"default-flow\",model_name=\"other\"")
                .doesNotContain("model_name=\"m1000\"");
    }

    @Test
    void poolsShowWhatTheirEnginesReportAndWhatWaits() throws IOException {
        meters.showLlmd(true);
        meters.bindPool(new Pool(List.of(
                new PoolView.Figures("models/a", 1, 4, 0.25, 5, 300),
                new PoolView.Figures("b", 3, Double.NaN, 0.75, 0, 0))));
        meters.decision(300_000);

        assertThat(page())
                .contains("llm_d_epp_average_kv_cache_utilization{name=\"chat\"} 0.5")
                .contains("inference_pool_average_kv_cache_utilization{name=\"chat\"} 0.5")
                .contains("llm_d_epp_std_dev_kv_cache_utilization{name=\"chat\"} 0.25")
                .contains("inference_pool_average_queue_size{name=\"chat\"} 2.0")
                .contains("llm_d_epp_average_running_requests{name=\"chat\"} 4.0")
                .contains("inference_pool_per_pod_queue_size{model_server_pod=\"models/a\",name=\"chat\"} 1.0")
                .contains(
                        "llm_d_epp_ready_endpoints{name=\"chat\"} 2.0", "inference_pool_ready_pods{name=\"chat\"} 2.0")
                .contains("llm_d_epp_inflight_requests{endpoint_name=\"a\",fairness_id=\"default-flow\","
                        + "namespace=\"models\",priority=\"0\",producer_name=\"inflight-load-producer\"} 5.0")
                .contains(
                        "inference_extension_flow_control_queue_size{fairness_id=\"default-flow\",inference_pool=\"chat\","
                                + "model_name=\"\",priority=\"0\",target_model_name=\"\"} 4.0")
                .contains("llm_d_epp_scheduler_e2e_duration_seconds_bucket{le=\"5.0E-4\"} 1")
                .contains("inference_extension_scheduler_e2e_duration_seconds_count 1");
        meters.bindPool(new Pool(List.of(new PoolView.Figures("b", Double.NaN, Double.NaN, Double.NaN, 0, 0))));
        assertThat(page()).doesNotContain("llm_d_epp_average_queue_size{").contains("llm_d_epp_ready_endpoints");
    }

    private record Pool(List<PoolView.Figures> figures) implements PoolView {
        @Override
        public String name() {
            return "chat";
        }

        @Override
        public List<EndpointReport> reports() {
            return List.of();
        }

        @Override
        public int queueSize() {
            return 4;
        }

        @Override
        public long queueBytes() {
            return 4096;
        }

        @Override
        public long indexBlocks() {
            return 77;
        }
    }
}
