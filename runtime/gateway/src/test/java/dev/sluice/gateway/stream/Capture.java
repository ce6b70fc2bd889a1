package dev.sluice.gateway.stream;

import static dev.sluice.gateway.stream.Dialect.ANTHROPIC;
import static dev.sluice.gateway.stream.Dialect.GENERATE;
import static dev.sluice.gateway.stream.Dialect.OPENAI_CHAT;
import static dev.sluice.gateway.stream.Dialect.OPENAI_COMPLETIONS;
import static dev.sluice.gateway.stream.Dialect.RESPONSES;
import static dev.sluice.gateway.stream.Verdict.COMPLETE;
import static dev.sluice.gateway.stream.Verdict.CUT;
import static dev.sluice.gateway.stream.Verdict.CUT_ABORT;
import static dev.sluice.gateway.stream.Verdict.ENGINE_ERROR;

import java.util.Locale;

/** Streams that a real vLLM 0.32.0 sent (long ones without their middle), and what there is to say of each. */
enum Capture {
    CHAT_LOGPROBS(OPENAI_CHAT, COMPLETE, 3, -1, -1, -1),
    CHAT_N2(OPENAI_CHAT, COMPLETE, 8, 29, 0, 8),
    CHAT_PLAIN(OPENAI_CHAT, COMPLETE, 8, -1, -1, -1),
    CHAT_RETURN_TOKEN_IDS(OPENAI_CHAT, COMPLETE, 3, -1, -1, -1),
    CHAT_STOP(OPENAI_CHAT, COMPLETE, 3, -1, -1, -1),
    CHAT_STREAM_INTERVAL(OPENAI_CHAT, COMPLETE, 4, -1, -1, -1),
    CHAT_TOOL_NAMED(OPENAI_CHAT, COMPLETE, 24, -1, -1, -1),
    CHAT_TOOL_REQUIRED(OPENAI_CHAT, COMPLETE, 44, -1, -1, -1),
    CHAT_USAGE(OPENAI_CHAT, COMPLETE, 8, 29, 0, 8),
    CHAT_USAGE_CONTINUOUS(OPENAI_CHAT, COMPLETE, 3, 29, 0, 3),
    COMPLETION(OPENAI_COMPLETIONS, COMPLETE, 8, 4, 0, 8),
    COMPLETION_N2(OPENAI_COMPLETIONS, COMPLETE, 6, -1, -1, -1),
    COMPLETION_TWO_PROMPTS(OPENAI_COMPLETIONS, COMPLETE, 6, -1, -1, -1),
    FORCE_INCLUDE_USAGE(OPENAI_CHAT, COMPLETE, 4, 29, 0, 4),
    MESSAGES(ANTHROPIC, COMPLETE, 4, 12, 0, 4),
    MESSAGES_TOOL(ANTHROPIC, COMPLETE, 60, 208, 0, 60),
    RESPONSES_TEXT("responses", RESPONSES, COMPLETE, 4, 13, 0, 4),
    SCALEOUT_GENERATE(GENERATE, COMPLETE, 3, -1, -1, -1),
    DECODE_LEG(OPENAI_CHAT, COMPLETE, 6, 301, 0, 6),
    PREFILL_LEG_STREAMING(OPENAI_CHAT, COMPLETE, 1, 301, 0, 1),
    KEEP_ALIVE_WHILE_PAUSED(OPENAI_CHAT, CUT, 0, -1, -1, -1),
    CLIENT_LEAVES(OPENAI_CHAT, CUT, 8, -1, -1, -1),
    SIGKILL(OPENAI_CHAT, CUT, 8, -1, -1, -1),
    SIGTERM(OPENAI_CHAT, CUT_ABORT, 6, -1, -1, -1),
    ENGINE_CORE_KILLED(OPENAI_CHAT, ENGINE_ERROR, 6, -1, -1, -1),
    PEER_DEAD(OPENAI_CHAT, ENGINE_ERROR, 0, -1, -1, -1);

    final Dialect dialect;
    final Verdict verdict;
    final int tokens;
    private final String file;
    private final int prompt;
    private final int cached;
    private final int completion;

    Capture(Dialect dialect, Verdict verdict, int tokens, int prompt, int cached, int completion) {
        this("", dialect, verdict, tokens, prompt, cached, completion);
    }

    Capture(String file, Dialect dialect, Verdict verdict, int tokens, int prompt, int cached, int completion) {
        this.file = file;
        this.dialect = dialect;
        this.verdict = verdict;
        this.tokens = tokens;
        this.prompt = prompt;
        this.cached = cached;
        this.completion = completion;
    }

    Usage usage() {
        return new Usage(prompt, cached, completion);
    }

    byte[] bytes() {
        return Watched.resource((file.isEmpty() ? name().toLowerCase(Locale.ROOT) : file) + ".sse");
    }

    /** What the client must get: all of it, or what comes before the place where it stopped being true. */
    String expected() {
        String text = Watched.text(bytes());
        return switch (this) {
            case SIGTERM -> text.substring(0, text.lastIndexOf("data:", text.indexOf("\"finish_reason\":\"abort\"")));
            case ENGINE_CORE_KILLED, PEER_DEAD -> text.substring(0, text.indexOf("data: [DONE]"));
            default -> text;
        };
    }
}
