package dev.sluice.simulator;

import java.util.Locale;

/** Why a sequence ended, with vLLM's words. */
public enum FinishReason {
    STOP,
    LENGTH,
    ABORT,
    ERROR;

    /** As it stands in answers and metric labels. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
