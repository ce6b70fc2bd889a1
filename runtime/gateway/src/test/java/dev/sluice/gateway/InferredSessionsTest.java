package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScanner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InferredSessionsTest {
    private static final String SYSTEM =
            "{\"role\":\"system\",\"content\":\"" + "be kind and brief ".repeat(20) + "\"}";

    private final InferredSessions sessions = new InferredSessions(3);

    private static PromptHashes prompt(String... messages) throws Exception {
        String body = "{\"model\":\"m\",\"messages\":[" + String.join(",", messages) + "]}";
        return PromptHashes.of(
                new BodyScanner(List.of()).scan(Api.CHAT, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8))),
                1,
                BlockRules.DEFAULT);
    }

    private static String user(String text) {
        return "{\"role\":\"user\",\"content\":\"" + text.repeat(10) + "\"}";
    }

    @Test
    void turnsOfOneConversationAreOneSessionAndOthersWithItsSystemPromptAreNot() throws Exception {
        Optional<String> first = sessions.of(prompt(SYSTEM, user("what is it? ")));
        Optional<String> other = sessions.of(prompt(SYSTEM, user("where is it? ")));
        Optional<String> second = sessions.of(prompt(SYSTEM, user("what is it? "), user("and then? ")));
        Optional<String> third = sessions.of(prompt(SYSTEM, user("what is it? "), user("and then? "), user("so? ")));
        assertThat(first).isPresent().isEqualTo(second).isEqualTo(third);
        assertThat(other).isPresent().isNotEqualTo(first);
    }

    @Test
    void whatIsShorterThanABlockIsNoSession() throws Exception {
        assertThat(sessions.of(prompt("{}"))).isEmpty();
    }

    @Test
    void memoryIsBounded() throws Exception {
        Optional<String> first = sessions.of(prompt(SYSTEM, user("first ")));
        for (int i = 0; i < 3; i++) {
            sessions.of(prompt(SYSTEM, user("number " + i)));
        }
        assertThat(sessions.of(prompt(SYSTEM, user("first "), user("again "))))
                .isPresent()
                .isNotEqualTo(first);
    }
}
