package dev.sluice.core.scan;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** JSON as Jackson reads it, with duplicate keys kept and numbers as they are written. */
sealed interface Tree {
    record Obj(List<Member> members) implements Tree {
        Optional<Tree> get(String name) {
            return members.stream()
                    .filter(m -> m.name.equals(name))
                    .map(Member::value)
                    .findFirst();
        }
    }

    record Member(String name, Tree value) {}

    record Arr(List<Tree> elements) implements Tree {}

    record Str(String text) implements Tree {}

    record Num(String digits) implements Tree {
        boolean integer() {
            return digits.chars().allMatch(c -> c == '-' || Character.isDigit(c));
        }
    }

    record Word(String word) implements Tree {}

    JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(64).build())
            .build();

    /** Strict where Jackson is not: UTF-8 with no exceptions, no lone surrogates, nothing behind the root. */
    static Tree parse(byte[] json) throws IOException {
        String text = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(json))
                .toString();
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonToken first = parser.nextToken();
            Tree tree = read(parser, first);
            if (parser.nextToken() != null) {
                throw new IOException("more behind the root");
            }
            return tree;
        }
    }

    private static Tree read(JsonParser parser, JsonToken token) throws IOException {
        if (token == null) {
            throw new IOException("nothing there");
        }
        return switch (token) {
            case START_OBJECT -> {
                List<Member> members = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = whole(parser.currentName());
                    members.add(new Member(name, read(parser, parser.nextToken())));
                }
                yield new Obj(members);
            }
            case START_ARRAY -> {
                List<Tree> elements = new ArrayList<>();
                for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
                    elements.add(read(parser, next));
                }
                yield new Arr(elements);
            }
            case VALUE_STRING -> new Str(whole(parser.getText()));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                if (parser.getText().length() > 1000) {
                    throw new IOException("long number");
                }
                yield new Num(parser.getText());
            }
            case VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> new Word(parser.getText());
            default -> throw new IOException("unexpected " + token);
        };
    }

    private static String whole(String text) throws IOException {
        if (text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF)) {
            throw new IOException("lone surrogate");
        }
        return text;
    }
}
