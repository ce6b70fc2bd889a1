package dev.sluice.simulator.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventStreamTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final List<KvEvent> CLEARED = List.of(new KvEvent.Cleared());

    private final EventStream stream =
            new EventStream(EventOptions.onFreePorts().withTopic("kv@x@m").withBuffer(3));

    private String number() {
        return stream.batch(1, CLEARED)
                .map(frames -> HEX.formatHex(frames.get(1)))
                .orElse("nothing");
    }

    @Test
    void messagesAreNumberedFromZeroAndHaveThreeFrames() {
        var frames = stream.batch(1, CLEARED).orElseThrow();
        assertThat(frames).hasSize(3);
        assertThat(new String(frames.get(0), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("kv@x@m");
        assertThat(HEX.formatHex(frames.get(1))).isEqualTo("0000000000000000");
        assertThat(number()).isEqualTo("0000000000000001");
    }

    @Test
    void replayHasWhatIsKeptFromANumberOnAndSaysWhenItIsOver() {
        for (var i = 0; i < 5; i++) {
            number();
        }
        assertThat(numbers(0))
                .containsExactly("0000000000000002", "0000000000000003", "0000000000000004", "ffffffffffffffff");
        assertThat(numbers(4)).containsExactly("0000000000000004", "ffffffffffffffff");
        assertThat(numbers(1_000_000)).containsExactly("ffffffffffffffff");
        assertThat(numbers(-5)).containsExactly("ffffffffffffffff");
        assertThat(stream.replay(4).getFirst()).hasSize(3);
        assertThat(stream.replay(4).getLast())
                .satisfiesExactly(
                        topic -> assertThat(topic).isEmpty(),
                        end -> assertThat(end).hasSize(8),
                        batch -> assertThat(batch).isEmpty());
        assertThat(new EventStream(EventOptions.onFreePorts().inOldForms())
                        .replay(0)
                        .getFirst())
                .hasSize(2);
    }

    private List<String> numbers(long from) {
        return stream.replay(from).stream()
                .map(frames -> HEX.formatHex(frames.get(1)))
                .toList();
    }

    @Test
    void aDroppedMessageCanBeHadByReplayAndALostOneCannot() {
        stream.drop(1);
        assertThat(number()).isEqualTo("nothing");
        stream.lose(1);
        assertThat(number()).isEqualTo("nothing");
        assertThat(number()).isEqualTo("0000000000000002");
        assertThat(numbers(0)).containsExactly("0000000000000000", "0000000000000002", "ffffffffffffffff");
    }

    @Test
    void garbageAndShortMessagesAreSentOnceAndReplayIsRight() {
        stream.garble(1);
        var garbage = stream.batch(1, CLEARED).orElseThrow();
        stream.shorten(1);
        assertThat(stream.batch(1, CLEARED).orElseThrow()).hasSize(2);
        var right = stream.batch(1, CLEARED).orElseThrow();
        assertThat(garbage.get(2)).isNotEqualTo(right.get(2));
        assertThat(stream.replay(0).getFirst().get(2)).isEqualTo(right.get(2));
    }

    @Test
    void aLieNamesOtherBlocks() {
        var content = new KvContent(new int[] {1, 2, 3, 4}, List.of(BlockHasher.digest(new byte[] {1})), "", 0, "");
        var event = List.of(content.stored(0, 1, 4, "GPU"));
        var right = stream.batch(1, event).orElseThrow();
        stream.lie(1);
        assertThat(stream.batch(1, event).orElseThrow().get(2)).isNotEqualTo(right.get(2));
        assertThat(stream.batch(1, event).orElseThrow().get(2)).isEqualTo(right.get(2));
    }

    @Test
    void aRestartCountsFromZeroAndKeepsNothing() {
        number();
        number();
        stream.restart();
        assertThat(numbers(0)).containsExactly("ffffffffffffffff");
        assertThat(number()).isEqualTo("0000000000000000");
    }

    @Test
    void keysOfSaltAndAdapterStandWhereVllmPutsThem() {
        var content =
                new KvContent(new int[] {1, 2, 3, 4}, List.of(new byte[32], new byte[32]), "alpha", 1, "tenant-1");
        var stored = (KvEvent.Stored) content.stored(0, 2, 2, "GPU");
        assertThat(stored.extraKeys()).containsExactly(List.of("alpha", "tenant-1"), List.of("alpha"));
        var second = (KvEvent.Stored) content.stored(1, 1, 2, "GPU");
        assertThat(second.parent()).isNotEqualTo(Optional.empty());
        assertThat(second.tokens()).containsExactly(3, 4);
    }

    @Test
    void anAddressThatIsNoneIsNamed() {
        assertThatThrownBy(() -> EventOptions.none().at("5557", "")).hasMessageContaining("5557");
        assertThatThrownBy(() -> EventOptions.none().withBuffer(0)).hasMessageContaining("buffer-steps");
    }
}
