package dev.sluice.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static Report report(double sluice) {
        Report report = new Report("today, here");
        report.add(Work.SATURATED, RoundsTest.rounds(new double[] {20}, new double[] {20.2}, new double[] {sluice}), 1);
        return report;
    }

    @Test
    void aTablePerWorkAndOneOfBars() {
        assertThat(report(30).markdown()).isEqualTo("""
                today, here

                ### 8 KB at saturation

                closed loop, 32 connections

                |  | requests/s | CPU µs per request | × HAProxy | latency p50 ms | p99 ms | added p50 | added p99 | RSS MB | failed |
                |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
                | direct | 1000 | – | – | 0.000 | 0.000 | – | – | – | 0 |
                | HAProxy | 1000 | 20.0 | – | 0.200 | 0.400 | 0.200 | 0.400 | 10 | 0 |
                | HAProxy′ (control) | 1000 | 20.2 | 1.01 (1.01 to 1.01) | 0.202 | 0.404 | 0.202 | 0.404 | 10 | 0 |
                | Sluice | 1000 | 30.0 | 1.50 (1.50 to 1.50) | 0.300 | 0.600 | 0.300 | 0.600 | 10 | 0 |

                ### Bars

                | bar | figure | limit; stretch | spread | verdict |
                |---|--:|--:|--:|---|
                | CPU per 8 KB request at saturation | 1.50 × HAProxy | 1.90 × HAProxy; 1.40 × HAProxy | ± 0.02 × HAProxy | met |
                """);
    }

    @Test
    void streamsAreShownByChunksAndTheirGaps() {
        Report report = new Report("");
        report.add(Work.STREAMS, RoundsTest.rounds(new double[] {20}, new double[] {20}, new double[] {30}), 1);

        assertThat(report.markdown())
                .contains(
                        "|  | chunks/s | CPU µs per chunk | × HAProxy | gap p50 ms |",
                        "| direct | 640 | – | – | 10.000 |");
    }

    @Test
    void aMissedBarIsKnown() {
        assertThat(report(30).missed()).isFalse();
        assertThat(report(50).missed()).isTrue();
    }

    @Test
    void jsonHasEverySampleAndEveryBar() throws IOException {
        JsonNode json = new ObjectMapper().readTree(report(30).json());

        assertThat(json.at("/works/saturated/sluice/0/answers").asInt()).isEqualTo(1000);
        assertThat(json.at("/bars/0/figure").asDouble()).isEqualTo(1.5);
        assertThat(json.at("/bars/0/verdict").asText()).isEqualTo("met");
    }

    @Test
    void jsonLeavesOutWhatIsNotKnown() throws IOException {
        Report report = new Report("");
        report.add(Bar.of("RSS", 200, "MB").judge(Double.NaN, 0));

        assertThat(new ObjectMapper().readTree(report.json()).at("/bars/0").has("figure"))
                .isFalse();
        assertThat(report.markdown()).contains("| RSS | – | 200 MB | – | not judged |");
    }
}
