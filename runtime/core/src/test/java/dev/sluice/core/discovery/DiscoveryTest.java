package dev.sluice.core.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DiscoveryTest {
    private static final long S = 1_000_000_000L;

    private static Picture.Found found(String id, Standing standing, String revision) {
        return new Picture.Found(
                new Endpoint(id, id + ":8012", Role.BOTH, Map.of()),
                id + ":8080",
                standing,
                "",
                revision,
                OptionalInt.empty(),
                EngineFacts.NONE);
    }

    private static Picture.Revision revision(String name, int percent) {
        return new Picture.Revision(name, "ns", "chat", OptionalInt.of(percent), List.of(), "");
    }

    private static Picture picture(List<Picture.Found> found, Picture.Revision... revisions) {
        return new Picture(true, found, List.of(revisions), List.of());
    }

    @Test
    void aListThatIsEmptyAtOnceIsDoubtedForAWhile() {
        Doubt doubt = new Doubt(Duration.ofSeconds(10));
        doubt.news(picture(List.of(found("a", Standing.IN, ""))), 0);
        Picture kept = doubt.news(picture(List.of()), S);
        assertThat(kept.endpoints()).hasSize(1);
        assertThat(kept.problems()).singleElement().asString().contains("vanished");
        assertThat(doubt.due()).hasValue(11 * S);
        assertThat(doubt.news(picture(List.of()), 10 * S).found()).hasSize(1);
        assertThat(doubt.news(picture(List.of()), 11 * S).found()).isEmpty();
        assertThat(doubt.due()).isEmpty();
    }

    @Test
    void aLieThatIsTakenBackLeavesNoTrace() {
        Doubt doubt = new Doubt(Duration.ofSeconds(10));
        Picture before = picture(List.of(found("a", Standing.IN, "")));
        doubt.news(before, 0);
        doubt.news(picture(List.of()), S);
        assertThat(doubt.news(before, 2 * S)).isEqualTo(before);
        assertThat(doubt.due()).isEmpty();
    }

    @Test
    void aPoolThatDrainedToZeroIsBelieved() {
        Doubt doubt = new Doubt(Duration.ofSeconds(10));
        doubt.news(picture(List.of(found("a", Standing.DRAINING, ""))), 0);
        assertThat(doubt.news(picture(List.of()), S).found()).isEmpty();
    }

    @Test
    void whileTheApiIsAwayThePictureOfBeforeStands() {
        Doubt doubt = new Doubt(Duration.ofSeconds(10));
        doubt.news(picture(List.of(found("a", Standing.IN, ""))), 0);
        Picture away = doubt.news(Picture.unseen("connection refused"), 3600 * S);
        assertThat(away.found()).hasSize(1);
        assertThat(away.seen()).isTrue();
        assertThat(away.problems()).containsExactly("connection refused");
    }

    @Test
    void sharesOfRevisionsAreKept() {
        Split split = Split.of(picture(
                List.of(found("a", Standing.IN, "r1"), found("b", Standing.IN, "r2"), found("c", Standing.IN, "r2")),
                revision("r1", 90),
                revision("r2", 10)));
        int first = 0;
        for (int i = 0; i < 1000; i++) {
            Set<String> drawn = split.draw(i / 1000.0, id -> true);
            assertThat(drawn.equals(Set.of("a")) || drawn.equals(Set.of("b", "c")))
                    .isTrue();
            first += drawn.contains("a") ? 1 : 0;
        }
        assertThat(first).isEqualTo(900);
    }

    @Test
    void aRevisionWithoutAnEndpointInServiceIsPassedOver() {
        Split split = Split.of(picture(
                List.of(found("a", Standing.IN, "r1"), found("b", Standing.IN, "r2")),
                revision("r1", 0),
                revision("r2", 100)));
        assertThat(split.draw(0.5, id -> true)).containsExactly("b");
        assertThat(split.draw(0.5, id -> id.equals("a"))).containsExactly("a");
        assertThat(split.draw(0.5, id -> false)).containsExactly("a", "b");
    }

    @Test
    void oneRevisionWithAllRequestsIsNoSplit() {
        assertThat(Split.of(picture(List.of(found("a", Standing.IN, "r1")), revision("r1", 100))))
                .isSameAs(Split.NONE);
        assertThat(Split.of(picture(List.of(found("a", Standing.IN, ""))))).isSameAs(Split.NONE);
    }

    @Test
    void theFlagsOfAnEngineAreReadFromItsCommand() {
        EngineFacts facts = EngineFacts.of(
                List.of(
                        "vllm",
                        "serve",
                        "acme/chat-8b",
                        "--block-size=32",
                        "--served-model-name",
                        "chat",
                        "chat-8b",
                        "--kv-transfer-config",
                        "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\"}",
                        "--kv_events_config",
                        "{\"enable_kv_cache_events\": true, \"endpoint\": \"tcp://*:5557\", \"replay_endpoint\":\"tcp://*:5558\"}"));
        assertThat(facts.blockSize()).hasValue(32);
        assertThat(facts.names()).containsExactly("chat", "chat-8b");
        assertThat(facts.connector()).contains("NixlConnector");
        assertThat(facts.kvEvents()).hasValue(5557);
        assertThat(facts.kvReplay()).hasValue(5558);
    }

    @Test
    void aShellsCommandIsReadWordByWord() {
        EngineFacts facts = EngineFacts.of(
                List.of(
                        "/bin/sh",
                        "-c",
                        "exec vllm serve x --block-size 16 --kv-events-config '{\"endpoint\":\"tcp://*:5600\"}' \\\n --port 8000"));
        assertThat(facts.blockSize()).hasValue(16);
        assertThat(facts.kvEvents()).hasValue(5600);
        assertThat(EngineFacts.of(List.of(
                                "--kv-events-config={\"enable_kv_cache_events\":false,\"endpoint\":\"tcp://*:1\"}"))
                        .kvEvents())
                .isEmpty();
    }
}
