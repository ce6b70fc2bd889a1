package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.util.OptionalInt;

/**
 * Parameters of {@code inflight-load-producer}.
 *
 * @param addEstimatedOutputTokens true: tokens that answers are expected to have count until these end
 * @param outputRatio expected output tokens per prompt token
 * @param maxEstimatedOutputTokens most that are expected of one answer; absent: any number
 * @param prefixMatchInfoProducerName taken for llm-d's sake
 * @param syncCrossReplicaState taken for llm-d's sake
 */
public record InflightLoadConfig(
        @Doc("Count tokens that answers are expected to have, until they end.") @Default("false")
        boolean addEstimatedOutputTokens,

        @Doc("Expected output tokens per prompt token.") @Default("1.5") @Range(min = 0, max = 1000)
        double outputRatio,

        @Doc("Most output tokens that are expected of one answer; absent: any number.") @Range(min = 0)
        OptionalInt maxEstimatedOutputTokens,

        @Doc("Has no effect: what is cached is known to the gateway's ledger.") @Default("\"\"")
        String prefixMatchInfoProducerName,

        @Doc("Has no effect: `peers` says whether replicas share.") @Default("true")
        boolean syncCrossReplicaState) {}
