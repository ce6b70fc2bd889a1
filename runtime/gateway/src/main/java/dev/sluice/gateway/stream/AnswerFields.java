package dev.sluice.gateway.stream;

import dev.sluice.gateway.stream.JsonReader.Token;

/**
 * Reads the few fields that matter out of an answer: one event of a stream after the other, or one whole answer. Both
 * have them in the same places. Later values win, as with every client's parser, but an abort stays one.
 */
final class AnswerFields {
    private static final byte[] ID = JsonReader.ascii("id");
    private static final byte[] REQUEST_ID = JsonReader.ascii("request_id");
    private static final byte[] TYPE = JsonReader.ascii("type");
    private static final byte[] OBJECT = JsonReader.ascii("object");
    private static final byte[] ERROR = JsonReader.ascii("error");
    private static final byte[] CODE = JsonReader.ascii("code");
    private static final byte[] USAGE = JsonReader.ascii("usage");
    private static final byte[] CHOICES = JsonReader.ascii("choices");
    private static final byte[] DELTA = JsonReader.ascii("delta");
    private static final byte[] RESPONSE = JsonReader.ascii("response");
    private static final byte[] MESSAGE = JsonReader.ascii("message");
    private static final byte[] STATUS = JsonReader.ascii("status");
    private static final byte[] STOP_REASON = JsonReader.ascii("stop_reason");
    private static final byte[] SEQUENCE_NUMBER = JsonReader.ascii("sequence_number");
    private static final byte[] ABORT = JsonReader.ascii("abort");
    private static final byte[] CANCELLED = JsonReader.ascii("cancelled");

    private final Dialect dialect;
    private final JsonReader json = new JsonReader();
    private final UsageFields usage = new UsageFields();
    private final Choices choices = new Choices();
    private String id = "";
    private int sequence = -1;
    private boolean stopReason;
    private boolean aborted;

    // Of the last event only.
    private boolean error;
    private int errorCode;
    private boolean noChoices;
    private boolean message;
    private boolean anyUsage;
    private int tokens;
    private Kind kind = Kind.NONE;

    AnswerFields(Dialect dialect) {
        this.dialect = dialect;
    }

    /**
     * Reads one event's data or a whole answer. Of a key that stands twice the last one says whether it is an error, as it does to
     * those who read it after us.
     *
     * @return false when it is not one JSON value; then what was read from it is worth nothing
     */
    boolean read(byte[] b, int from, int to) {
        error = false;
        errorCode = -1;
        noChoices = false;
        message = false;
        anyUsage = false;
        tokens = 0;
        kind = Kind.NONE;
        json.reset(b, from, to);
        if (json.next() != Token.OBJECT) {
            json.skip();
            return json.token() != Token.BAD && json.next() == Token.END;
        }
        boolean oldError = false;
        int oldCode = -1;
        while (json.nextKey()) {
            if (json.is(CHOICES)) {
                noChoices = choices.read(json) == 0;
                tokens += choices.tokens();
            } else if (json.is(USAGE)) {
                readUsage();
            } else if (json.is(ID) || json.is(REQUEST_ID)) {
                readId();
            } else if (json.is(DELTA)) {
                readDelta();
            } else if (json.is(TYPE)) {
                readType();
            } else if (json.is(ERROR)) {
                readError();
            } else if (json.is(RESPONSE) || json.is(MESSAGE)) {
                readInner();
            } else if (json.is(STATUS)) {
                readStatus();
            } else if (json.is(STOP_REASON)) {
                readStopReason();
            } else if (json.is(SEQUENCE_NUMBER)) {
                json.next();
                sequence = Math.max(sequence, json.count());
                json.skip();
            } else if (json.is(OBJECT)) {
                oldError = json.next() == Token.STRING && json.is(ERROR);
                json.skip();
            } else if (json.is(CODE)) {
                json.next();
                oldCode = json.count();
                json.skip();
            } else {
                json.next();
                json.skip();
            }
        }
        if (oldError) {
            error = true;
            errorCode = oldCode;
        }
        return json.token() == Token.END_OBJECT && json.next() == Token.END;
    }

    private void readId() {
        if (json.next() == Token.STRING && id.isEmpty() && json.length() <= 256) {
            id = json.string();
        }
        json.skip();
    }

    private void readUsage() {
        if (json.next() == Token.OBJECT) {
            anyUsage = true;
            usage.read(json);
        } else {
            json.skip();
        }
    }

    /** {@code type} of a named dialect's event: what the event means, whatever the line before it says. */
    private void readType() {
        if (json.next() == Token.STRING) {
            kind = Kind.of(dialect, json);
            message = json.is(MESSAGE);
        }
        json.skip();
    }

    private void readError() {
        Token first = json.next();
        error = first != Token.NULL;
        errorCode = -1;
        if (!error) {
            return;
        }
        if (first != Token.OBJECT) {
            json.skip();
            return;
        }
        while (json.nextKey()) {
            boolean code = json.is(CODE);
            boolean type = json.is(TYPE) && dialect == Dialect.ANTHROPIC;
            Token value = json.next();
            if (code) {
                errorCode = json.count();
            } else if (type && value == Token.STRING && errorCode < 0) {
                errorCode = anthropicStatus(json.string());
            }
            json.skip();
        }
    }

    /** Anthropic's errors have names in place of a code. */
    private static int anthropicStatus(String type) {
        return switch (type) {
            case "invalid_request_error" -> 400;
            case "not_found_error" -> 404;
            case "request_too_large" -> 413;
            case "rate_limit_error" -> 429;
            case "overloaded_error" -> 503;
            default -> -1;
        };
    }

    /** The answer within an event: {@code response} of Responses, {@code message} of Anthropic. */
    private void readInner() {
        if (json.next() != Token.OBJECT) {
            json.skip();
            return;
        }
        while (json.nextKey()) {
            if (json.is(ID)) {
                readId();
            } else if (json.is(USAGE)) {
                readUsage();
            } else if (json.is(STATUS)) {
                readStatus();
            } else if (json.is(STOP_REASON)) {
                readStopReason();
            } else {
                json.next();
                json.skip();
            }
        }
    }

    private void readStatus() {
        if (json.next() == Token.STRING && dialect == Dialect.RESPONSES) {
            aborted |= json.is(CANCELLED);
        }
        json.skip();
    }

    private void readStopReason() {
        if (json.next() == Token.STRING && dialect == Dialect.ANTHROPIC && json.length() > 0) {
            stopReason = true;
            aborted |= json.is(ABORT);
        }
        json.skip();
    }

    /** Top-level {@code delta}: text of Responses, content or stop reason of Anthropic. */
    private void readDelta() {
        boolean content = false;
        Token first = json.next();
        if (first == Token.STRING) {
            content = json.length() > 0;
        } else if (first == Token.OBJECT) {
            while (json.nextKey()) {
                if (json.is(STOP_REASON)) {
                    readStopReason();
                    continue;
                }
                boolean type = json.is(TYPE);
                content |= json.next() == Token.STRING && !type && json.length() > 0;
                json.skip();
            }
        } else {
            json.skip();
        }
        if (content) {
            tokens++;
        }
    }

    /** The last event is an error. */
    boolean error() {
        return error;
    }

    /** The status that error names, or -1. */
    int errorCode() {
        return errorCode;
    }

    /** What the last event's {@code type} means. */
    Kind kind() {
        return kind;
    }

    /** The last event carries usage. */
    boolean carriesUsage() {
        return anyUsage;
    }

    /** The last event carries usage and, where choices belong, none. */
    boolean usageOnly() {
        return noChoices && anyUsage;
    }

    /** Tokens that the last event carried, at least. */
    int tokens() {
        return tokens;
    }

    /** The engine gave up a choice, or the whole answer. */
    boolean aborted() {
        return aborted || choices.aborted();
    }

    /** There are choices and all that were seen have finished. */
    boolean allFinished() {
        return choices.allFinished();
    }

    /** There is one choice and no more. */
    boolean oneChoice() {
        return choices.one();
    }

    /** Anthropic: whether a stop reason was given. An engine has none for an answer it gave up. */
    boolean hasStopReason() {
        return stopReason;
    }

    /** The last object calls itself an Anthropic message. */
    boolean message() {
        return message;
    }

    String id() {
        return id;
    }

    /** The highest sequence number so far, -1 for none. */
    int sequence() {
        return sequence;
    }

    int completionTokens() {
        return usage.completion();
    }

    Usage usage() {
        return usage.usage(dialect);
    }
}
