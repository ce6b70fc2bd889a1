package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/** What {@code /metrics} shows. */
public record MetricsConfig(
        @Doc("`llm-d`: also the `llm_d_epp_*` and `inference_*` series that llm-d's dashboards and autoscalers read.")
        @Default("none")
        Compatibility compatibility) {
    /** Sluice's own series alone. */
    public static final MetricsConfig NONE = new MetricsConfig(Compatibility.NONE);

    /** Whose series are shown too. */
    public enum Compatibility {
        /** Nobody's. */
        NONE,
        /** llm-d's. */
        LLM_D
    }
}
