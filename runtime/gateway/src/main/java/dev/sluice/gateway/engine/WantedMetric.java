package dev.sluice.gateway.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One metric of one engine that tells what routing wants to know.
 *
 * @param signal what it tells
 * @param name as on the page
 * @param label only series with this label count; empty for all
 * @param value value of that label
 */
record WantedMetric(Signal signal, byte[] name, byte[] label, byte[] value) {
    /** What there is to know. */
    enum Signal {
        WAITING,
        RUNNING,
        KV_USAGE,
        BLOCK_SIZE,
        BLOCKS,
        /** Facts in labels instead of a value. */
        CONFIG,
        /** Names of adapters in labels, and a time as the value. */
        ADAPTERS;

        /** Whether several engines on one page are averaged instead of added up. */
        boolean mean() {
            return this == KV_USAGE || this == BLOCK_SIZE;
        }
    }

    static final byte[] BLOCK_SIZE = ascii("block_size");
    static final byte[] PAGE_SIZE = ascii("page_size");
    static final byte[] BLOCKS = ascii("num_gpu_blocks");
    static final byte[] PAGES = ascii("num_pages");
    static final byte[] KV_TOKENS = ascii("kv_cache_size_tokens");

    private static final String TRITON_REQUESTS = "nv_trt_llm_request_metrics";
    private static final String TRITON_BLOCKS = "nv_trt_llm_kv_cache_block_metrics";

    /**
     * All engines in one table, the better name of a signal before the worse. Triton's {@code nv_inference_exec_count} is
     * left out: a counter says nothing about now.
     */
    static final WantedMetric[] ALL = {
        plain(Signal.WAITING, "vllm:num_requests_waiting"),
        plain(Signal.RUNNING, "vllm:num_requests_running"),
        plain(Signal.KV_USAGE, "vllm:kv_cache_usage_perc"),
        plain(Signal.KV_USAGE, "vllm:gpu_cache_usage_perc"),
        plain(Signal.CONFIG, "vllm:cache_config_info"),
        plain(Signal.CONFIG, "vllm:kv_cache_info"),
        plain(Signal.ADAPTERS, "vllm:lora_requests_info"),
        plain(Signal.WAITING, "sglang:num_queue_reqs"),
        plain(Signal.RUNNING, "sglang:num_running_reqs"),
        plain(Signal.KV_USAGE, "sglang:token_usage"),
        plain(Signal.CONFIG, "sglang:cache_config_info"),
        plain(Signal.WAITING, "trtllm_num_requests_waiting"),
        plain(Signal.RUNNING, "trtllm_num_requests_running"),
        plain(Signal.KV_USAGE, "trtllm_kv_cache_utilization"),
        plain(Signal.BLOCK_SIZE, "trtllm_kv_cache_tokens_per_block"),
        plain(Signal.BLOCKS, "trtllm_kv_cache_max_blocks"),
        labelled(Signal.WAITING, TRITON_REQUESTS, "request_type", "waiting"),
        labelled(Signal.RUNNING, TRITON_REQUESTS, "request_type", "scheduled"),
        labelled(Signal.KV_USAGE, TRITON_BLOCKS, "kv_cache_block_type", "fraction"),
        labelled(Signal.BLOCK_SIZE, TRITON_BLOCKS, "kv_cache_block_type", "tokens_per"),
        labelled(Signal.BLOCKS, TRITON_BLOCKS, "kv_cache_block_type", "max"),
        plain(Signal.WAITING, "nv_inference_pending_request_count"),
    };

    /** Shorter lines can't be wanted: the shortest name, a space and a digit. */
    static final int SHORTEST = "sglang:token_usage".length() + 2;

    /** The first eight bytes of each name, once: most lines are told apart by them. */
    static final long[] BEGINNINGS = Arrays.stream(ALL)
            .mapToLong(metric -> ByteBuffer.wrap(metric.name())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong())
            .distinct()
            .toArray();

    private static WantedMetric plain(Signal signal, String name) {
        return new WantedMetric(signal, ascii(name), new byte[0], new byte[0]);
    }

    private static WantedMetric labelled(Signal signal, String name, String label, String value) {
        return new WantedMetric(signal, ascii(name), ascii(label), ascii(value));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
