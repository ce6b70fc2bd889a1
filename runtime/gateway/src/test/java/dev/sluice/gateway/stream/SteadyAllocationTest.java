package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.gateway.http.ChunkWatcher.Passage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SteadyAllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int CHUNKS = 20_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Counts only: what the relay does with the bytes is its own affair. */
    private static final class Sink implements Passage {
        long bytes;

        @Override
        public void pass(int from, int to) {
            bytes += to - from;
        }

        @Override
        public void insert(ByteBuffer inserted) {
            bytes += inserted.remaining();
        }
    }

    private static String event(String which) {
        String head = "data:"
                + " {\"id\":\"chatcmpl-94c0de7f7f2100bf\",\"object\":\"chat.completion.chunk\",\"created\":1795346362,\"model\":\"tiny\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                + " tarian \\u00e4\"},\"logprobs\":null,\"finish_reason\":null,\"token_ids\":null}]";
        return switch (which) {
            case "chat" -> head + "}\n\n";
            case "usage" ->
                head + ",\"usage\":{\"prompt_tokens\":29,\"total_tokens\":31,\"completion_tokens\":2,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}\n\n";
            case "messages" ->
                "event: content_block_delta\n"
                        + "data:"
                        + " {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"rikori\"},\"index\":0}\n\n";
            case "responses" ->
                "event: response.output_text.delta\n"
                        + "data: {\"content_index\":0,\"delta\":\""
                        + " tarian\",\"item_id\":\"msg_9\",\"sequence_number\":4,\"type\":\"response.output_text.delta\"}\n\n";
            case "comment" -> ": keep-alive\n\n";
            default -> throw new IllegalArgumentException(which);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI_CHAT, chat, 1",
        "OPENAI_CHAT, chat, 3",
        "OPENAI_CHAT, usage, 1",
        "OPENAI_CHAT, comment, 1",
        "ANTHROPIC, messages, 1",
        "RESPONSES, responses, 1",
        "OTHER, chat, 1",
    })
    void aSteadyChunkAllocatesNextToNothing(Dialect dialect, String which, int events) throws IOException {
        byte[] bytes = event(which).repeat(events).getBytes(StandardCharsets.UTF_8);
        for (ByteBuffer data : List.of(
                ByteBuffer.wrap(bytes),
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip())) {
            StreamWatcher watcher = new StreamWatcher(dialect, true);
            Sink sink = new Sink();
            assertThat(perChunk(watcher, sink, data, data)).isLessThanOrEqualTo(32);
            assertThat(sink.bytes).isEqualTo(2L * (WARM_UP + CHUNKS) * bytes.length);
            assertThat(watcher.verdict()).isEqualTo(Verdict.OPEN);
        }
    }

    @ParameterizedTest
    @CsvSource({"OPENAI_CHAT, chat", "ANTHROPIC, messages"})
    void aSplitChunkDoesNeither(Dialect dialect, String which) throws IOException {
        byte[] bytes = event(which).getBytes(StandardCharsets.UTF_8);
        StreamWatcher watcher = new StreamWatcher(dialect, false);
        Sink sink = new Sink();
        ByteBuffer head = ByteBuffer.wrap(bytes, 0, 77).slice();
        ByteBuffer rest = ByteBuffer.wrap(bytes, 77, bytes.length - 77).slice();
        assertThat(perChunk(watcher, sink, head, rest)).isLessThanOrEqualTo(32);
        assertThat(sink.bytes).isEqualTo((long) (WARM_UP + CHUNKS) * bytes.length);
    }

    /** Bytes allocated per pair of reads. */
    private static double perChunk(StreamWatcher watcher, Sink sink, ByteBuffer one, ByteBuffer two)
            throws IOException {
        feed(watcher, sink, one, two, WARM_UP);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        feed(watcher, sink, one, two, CHUNKS);
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / (double) CHUNKS;
    }

    private static void feed(StreamWatcher watcher, Sink sink, ByteBuffer one, ByteBuffer two, int rounds)
            throws IOException {
        for (int i = 0; i < rounds; i++) {
            watcher.onBytes(one, sink);
            watcher.onBytes(two, sink);
        }
    }
}
