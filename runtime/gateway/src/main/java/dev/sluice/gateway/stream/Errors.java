package dev.sluice.gateway.stream;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Builds our error bodies and events in the shape that a dialect's clients understand. */
public final class Errors {
    /** What would tell a tenant where an engine lives. Our messages name none; this holds when an exception's does. */
    private static final Pattern ADDRESS = Pattern.compile("(?i)"
            + String.join(
                    "|",
                    // URLs
                    "\\b(?:https?|tcp)://[^\\s\"',;)]+",
                    // IPv4, with or without a port
                    "\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b(?::\\d{1,5}\\b)?",
                    // IPv6, in brackets or shortened
                    "\\[[0-9a-f:.]*:[0-9a-f:.]*(?:%\\w*)?](?::\\d{1,5}\\b)?",
                    "(?<!\\w)[0-9a-f:]*::[0-9a-f][0-9a-f:.]*(?!\\w)",
                    // names of services, names with a port (a position like 12:34 or byte:17 is none)
                    "\\b[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.svc(?:\\.[a-z0-9-]+)*\\b(?::\\d{1,5}\\b)?",
                    "\\b[a-z][a-z0-9-]*(?:\\.[a-z0-9-]+)+:\\d{2,5}\\b",
                    "\\b(?=[0-9-]*[a-z])[a-z0-9-]+:\\d{4,5}\\b"));

    private static final String HEX = "0123456789abcdef";

    private Errors() {}

    /** The body of an error answer, {@code application/json}. Addresses in the message are taken out. */
    public static byte[] body(Dialect dialect, GatewayError error, String message) {
        return body(dialect, error, message, "");
    }

    /**
     * The body of an error answer.
     *
     * @param param the request's field that is wrong; empty for none (Anthropic's shape has no place for it)
     */
    public static byte[] body(Dialect dialect, GatewayError error, String message, String param) {
        return json(dialect, error, message, param).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The event that says a stream has broken, with its end of event.
     *
     * @param sequence for {@link Dialect#RESPONSES}: the event's number
     * @return empty for {@link Dialect#OTHER}, whose streams have no known events
     */
    public static ByteBuffer event(Dialect dialect, GatewayError error, String message, int sequence) {
        String text = switch (dialect) {
            case OTHER -> "";
            case ANTHROPIC -> "event: error\ndata: " + json(dialect, error, message, "") + "\n\n";
            case RESPONSES -> "event: error\ndata: " + responsesEvent(error, message, sequence) + "\n\n";
            case OPENAI_CHAT, OPENAI_COMPLETIONS, GENERATE -> "data: " + json(dialect, error, message, "") + "\n\n";
        };
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String json(Dialect dialect, GatewayError error, String message, String param) {
        StringBuilder b = new StringBuilder(160 + message.length());
        if (dialect == Dialect.ANTHROPIC) {
            b.append("{\"type\":\"error\",\"error\":{\"type\":\"").append(error.anthropicType());
            b.append("\",\"message\":");
            quote(b, withoutAddresses(message));
            return b.append("}}").toString();
        }
        b.append("{\"error\":");
        openAi(b, error, message, param);
        return b.append('}').toString();
    }

    private static void openAi(StringBuilder b, GatewayError error, String message, String param) {
        b.append("{\"message\":");
        quote(b, withoutAddresses(message));
        b.append(",\"type\":\"").append(error.type()).append("\",\"param\":");
        if (param.isEmpty()) {
            b.append("null");
        } else {
            quote(b, param);
        }
        b.append(",\"code\":\"").append(error.code()).append("\"}");
    }

    /**
     * OpenAI's flat error event and, beside it, the nested {@code error}: without that one the official clients hand
     * the event to the program as any other instead of raising it, and a program that looks away sees a quiet end.
     */
    private static String responsesEvent(GatewayError error, String message, int sequence) {
        StringBuilder b = new StringBuilder(240 + 2 * message.length());
        b.append("{\"type\":\"error\",\"sequence_number\":").append(sequence);
        b.append(",\"code\":\"").append(error.code()).append("\",\"message\":");
        quote(b, withoutAddresses(message));
        b.append(",\"param\":null,\"error\":");
        openAi(b, error, message, "");
        return b.append('}').toString();
    }

    static String withoutAddresses(String message) {
        return ADDRESS.matcher(message).replaceAll("[address]");
    }

    /** Appends a JSON string. Lone surrogates become U+FFFD, as no UTF-8 can carry them. */
    static void quote(StringBuilder b, String text) {
        b.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                b.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029) {
                b.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    b.append(HEX.charAt((c >> shift) & 0xf));
                }
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                b.append(c).append(text.charAt(++i));
            } else {
                b.append(Character.isSurrogate(c) ? '\ufffd' : c);
            }
        }
        b.append('"');
    }
}
