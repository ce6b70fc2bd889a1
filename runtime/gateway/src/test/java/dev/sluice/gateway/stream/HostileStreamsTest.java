package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.stream.Watched.Run;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Captures with seeded damage. What the client got is judged by a reader of its own: strings and Jackson. */
class HostileStreamsTest {
    private static final int ROUNDS = 250;

    private static byte[] damaged(byte[] bytes, Random random) {
        String text = Watched.text(bytes);
        for (int k = random.nextInt(4); k >= 0; k--) {
            int at = random.nextInt(text.length());
            int to = Math.min(text.length(), at + random.nextInt(random.nextBoolean() ? 4 : 600));
            String[] events = text.split("\n\n");
            text = switch (random.nextInt(11)) {
                case 0 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(at);
                case 1 -> text.substring(0, at) + text.substring(to);
                case 2 -> text.substring(0, to) + text.substring(at);
                case 3 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(at + 1);
                case 4 -> text.substring(0, at) + '\n' + text.substring(at);
                case 5 -> text.replaceFirst("\"(stop|length)\"", "\"abort\"");
                case 6 -> text.replace("\n", random.nextBoolean() ? "\r" : "\r\n");
                case 7 -> text + text;
                case 8 -> text.replaceFirst("data: \\[DONE]\n\n", "");
                case 9 -> events[random.nextInt(events.length)] + "\n\n" + text;
                default -> {
                    String[] fewer = events.clone();
                    fewer[random.nextInt(fewer.length)] = ": gone";
                    yield String.join("\n\n", Arrays.asList(fewer)) + "\n\n";
                }
            };
            if (text.isEmpty()) {
                text = "\n";
            }
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static Watched watched(Capture capture, byte[] bytes, Random random, boolean broken) {
        Run run = new Run(capture.dialect, false);
        for (int from = 0; from < bytes.length; ) {
            int to = Math.min(bytes.length, from + 1 + random.nextInt(random.nextBoolean() ? 5 : 3000));
            run.feed(bytes, from, to);
            from = to;
        }
        return broken ? run.broken() : run.end();
    }

    @ParameterizedTest
    @EnumSource
    void damageNeverMakesALieNorAnotherFailureThanTheTypedOne(Capture capture) {
        Random random = new Random(capture.name().hashCode());
        byte[] original = capture.bytes();
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = damaged(original, random);
            boolean broken = random.nextBoolean();
            Watched watched = watched(capture, bytes, random, broken);
            String what = capture + " round " + round;

            ClientView.agrees(capture.dialect, watched, what);
            if (capture.dialect.choices()) {
                String in = Watched.text(bytes);
                assertThat(watched.out())
                        .as(what)
                        .satisfiesAnyOf(
                                out -> assertThat(in).startsWith(out),
                                out -> assertThat(in + "\n\n").startsWith(out));
            }
            assertThat(watched(capture, bytes, random, broken)).as(what).isEqualTo(watched);
        }
    }
}
