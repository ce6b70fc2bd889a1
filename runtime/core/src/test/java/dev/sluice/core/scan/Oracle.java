package dev.sluice.core.scan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/** What a scan must find, worked out from Jackson's tree the slow way. Throws where a body must be refused. */
final class Oracle {
    static final List<String> PATHS = List.of("metadata.session_id", "user");
    private static final Set<String> TAKEN = Set.of(
            "kv_transfer_params",
            "ec_transfer_params",
            "cache_salt",
            "request_id",
            "priority",
            "bootstrap_host",
            "bootstrap_port",
            "bootstrap_room");
    private static final Set<String> KNOWN = Set.of(
            "model",
            "stream",
            "stream_options",
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "n",
            "previous_response_id",
            "vllm_xargs",
            "sampling_params",
            "chat_template",
            "chat_template_kwargs",
            "mm_processor_kwargs",
            "add_special_tokens",
            "truncate_prompt_tokens",
            "reasoning_effort",
            "reasoning",
            "metadata",
            "user");
    private static final Set<String> TEXT_KEYS =
            Set.of("content", "text", "arguments", "output", "thinking", "reasoning", "reasoning_content", "refusal");
    private static final Set<String> MEDIA_KEYS = Set.of(
            "image_url",
            "video_url",
            "audio_url",
            "input_audio",
            "source",
            "file",
            "image_embeds",
            "audio_embeds",
            "image_pil",
            "image",
            "audio",
            "video");
    private static final Set<String> LEAF_KEYS = Set.of("url", "data", "file_data");

    final Api api;
    final Tree.Obj root;
    final List<String> systemTexts = new ArrayList<>();
    final List<String> promptTexts = new ArrayList<>();
    int tokens;
    boolean ids;
    int media;

    Oracle(Api api, byte[] json) throws IOException {
        this.api = api;
        if (!(Tree.parse(json) instanceof Tree.Obj object)) {
            throw new IOException("no object");
        }
        root = object;
        Set<String> known = new HashSet<>(KNOWN);
        known.addAll(TAKEN);
        known.addAll(tools(api));
        known.addAll(system(api));
        known.addAll(prompt(api));
        known.addAll(others(api));
        unique(root, known::contains);
        for (String name : List.of("model", "previous_response_id")) {
            check(root, name, Tree.Str.class::isInstance);
        }
        check(root, "stream", Oracle::flag);
        for (String name : List.of("max_tokens", "max_completion_tokens", "max_output_tokens", "n")) {
            check(root, name, Oracle::integer);
        }
        check(root, "stream_options", Tree.Obj.class::isInstance);
        if (api == Api.GENERATE) {
            check(root, "sampling_params", Tree.Obj.class::isInstance);
        }
        inner();
        prompts();
    }

    private void inner() throws IOException {
        Optional<Tree.Obj> options = object(root, "stream_options");
        if (options.isPresent()) {
            Set<String> names = Set.of("include_usage", "continuous_usage_stats");
            unique(options.get(), names::contains);
            for (String name : names) {
                check(options.get(), name, Oracle::flag);
            }
        }
        Optional<Tree.Obj> sampling = object(root, "sampling_params");
        if (sampling.isPresent()) {
            unique(sampling.get(), Set.of("max_tokens", "n", "extra_args")::contains);
            check(sampling.get(), "max_tokens", Oracle::integer);
            check(sampling.get(), "n", Oracle::integer);
            Optional<Tree.Obj> extra = object(sampling.get(), "extra_args");
            if (extra.isPresent()) {
                unique(extra.get(), TAKEN::contains);
            }
        }
        Optional<Tree.Obj> extra = object(root, "vllm_xargs");
        if (extra.isPresent()) {
            unique(extra.get(), TAKEN::contains);
        }
        Optional<Tree.Obj> metadata = object(root, "metadata");
        if (metadata.isPresent()) {
            unique(metadata.get(), "session_id"::equals);
        }
    }

    private void prompts() throws IOException {
        for (Tree.Member member : root.members()) {
            Tree value = member.value();
            boolean system = system(api).contains(member.name());
            if (isNull(value) || (!system && !prompt(api).contains(member.name()))) {
                continue;
            }
            List<String> texts = system ? systemTexts : promptTexts;
            if (value instanceof Tree.Arr list) {
                list(list.elements(), texts);
            } else if (value instanceof Tree.Str || value instanceof Tree.Obj) {
                part(value, "content", "content", texts);
            } else {
                throw new IOException("wrong type");
            }
        }
    }

    private void list(List<Tree> list, List<String> texts) throws IOException {
        if (list.isEmpty()) {
            return;
        }
        if (list.getFirst() instanceof Tree.Num) {
            ids(list);
            return;
        }
        boolean lists = list.getFirst() instanceof Tree.Arr;
        for (Tree element : list) {
            if (element instanceof Tree.Num || lists != element instanceof Tree.Arr) {
                throw new IOException("mixed");
            }
            if (element instanceof Tree.Arr inside) {
                if (!inside.elements().isEmpty()) {
                    ids(inside.elements());
                }
            } else {
                part(element, "content", "content", texts);
            }
        }
    }

    private void ids(List<Tree> list) throws IOException {
        ids = true;
        for (Tree element : list) {
            if (!(element instanceof Tree.Num n) || !n.integer() || n.digits().startsWith("-")) {
                throw new IOException("no token id");
            }
            tokens++;
        }
    }

    private void part(Tree value, String key, String around, List<String> texts) {
        switch (value) {
            case Tree.Str string -> {
                if (TEXT_KEYS.contains(key)) {
                    texts.add(string.text());
                } else if (MEDIA_KEYS.contains(key) || (LEAF_KEYS.contains(key) && MEDIA_KEYS.contains(around))) {
                    media++;
                }
            }
            case Tree.Arr list -> list.elements().forEach(element -> part(element, key, around, texts));
            case Tree.Obj object -> object.members().forEach(m -> part(m.value(), m.name(), key, texts));
            default -> {}
        }
    }

    private static Set<String> tools(Api api) {
        return switch (api) {
            case CHAT -> Set.of("tools", "functions");
            case RESPONSES, MESSAGES, COUNT_TOKENS, TOKENIZE -> Set.of("tools");
            default -> Set.of();
        };
    }

    private static Set<String> system(Api api) {
        return switch (api) {
            case RESPONSES -> Set.of("instructions");
            case MESSAGES, COUNT_TOKENS -> Set.of("system");
            case RERANK -> Set.of("query");
            case SCORE -> Set.of("query", "queries", "text_1", "data_1");
            default -> Set.of();
        };
    }

    static Set<String> prompt(Api api) {
        return switch (api) {
            case CHAT, MESSAGES, COUNT_TOKENS -> Set.of("messages");
            case COMPLETIONS -> Set.of("prompt");
            case RESPONSES -> Set.of("input");
            case EMBEDDINGS, POOLING -> Set.of("input", "messages");
            case RERANK -> Set.of("documents");
            case SCORE -> Set.of("documents", "items", "text_2", "data_2");
            case TOKENIZE -> Set.of("prompt", "messages");
            case DETOKENIZE -> Set.of("tokens");
            case GENERATE -> Set.of("token_ids");
        };
    }

    private static Set<String> others(Api api) {
        return switch (api) {
            case CHAT -> Set.of("documents");
            case COMPLETIONS -> Set.of("prompt_embeds");
            case GENERATE -> Set.of("features");
            default -> Set.of();
        };
    }

    static boolean isNull(Tree tree) {
        return tree.equals(new Tree.Word("null"));
    }

    private static boolean flag(Tree tree) {
        return tree.equals(new Tree.Word("true")) || tree.equals(new Tree.Word("false"));
    }

    private static boolean integer(Tree tree) {
        return tree instanceof Tree.Num number && number.integer();
    }

    static Optional<Tree.Obj> object(Tree.Obj in, String name) {
        return in.get(name).filter(Tree.Obj.class::isInstance).map(Tree.Obj.class::cast);
    }

    private static void unique(Tree.Obj object, Predicate<String> known) throws IOException {
        Set<String> seen = new HashSet<>();
        for (Tree.Member member : object.members()) {
            if (known.test(member.name()) && !seen.add(member.name())) {
                throw new IOException("twice: " + member.name());
            }
        }
    }

    private static void check(Tree.Obj object, String name, Predicate<Tree> fits) throws IOException {
        Optional<Tree> value = object.get(name);
        if (value.isPresent() && !isNull(value.get()) && !fits.test(value.get())) {
            throw new IOException("wrong type: " + name);
        }
    }

    String string(String name) {
        return root.get(name).map(t -> t instanceof Tree.Str s ? s.text() : "").orElse("");
    }

    boolean yes(Tree.Obj in, String name) {
        return in.get(name).filter(new Tree.Word("true")::equals).isPresent();
    }

    OptionalInt number(Tree.Obj in, String name) {
        Optional<Tree> value = in.get(name);
        if (value.isEmpty() || !(value.get() instanceof Tree.Num number)) {
            return OptionalInt.empty();
        }
        java.math.BigInteger exact = new java.math.BigInteger(number.digits());
        java.math.BigInteger bound = java.math.BigInteger.valueOf(Integer.MAX_VALUE);
        return OptionalInt.of(exact.min(bound).max(bound.negate()).intValue());
    }

    OptionalInt limit() {
        Tree.Obj sampling = object(root, "sampling_params").orElse(new Tree.Obj(List.of()));
        List<OptionalInt> limits = switch (api) {
            case CHAT -> List.of(number(root, "max_completion_tokens"), number(root, "max_tokens"));
            case RESPONSES -> List.of(number(root, "max_output_tokens"));
            case GENERATE -> List.of(number(sampling, "max_tokens"));
            default -> List.of(number(root, "max_tokens"));
        };
        return limits.stream()
                .filter(limit -> limit.isPresent() && limit.getAsInt() >= 0)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    int choices() {
        Tree.Obj in = api == Api.GENERATE ? object(root, "sampling_params").orElse(new Tree.Obj(List.of())) : root;
        return Math.max(1, number(in, "n").orElse(1));
    }

    Optional<String> session() {
        Optional<Tree> inner = object(root, "metadata").flatMap(m -> m.get("session_id"));
        return inner.flatMap(Oracle::scalar).or(() -> root.get("user").flatMap(Oracle::scalar));
    }

    private static Optional<String> scalar(Tree tree) {
        return switch (tree) {
            case Tree.Str s when !s.text().isEmpty() -> Optional.of(s.text());
            case Tree.Num n -> Optional.of(n.digits());
            default -> Optional.empty();
        };
    }

    /** The body as an engine must get it. */
    Tree edited(Optional<String> model, boolean usage, boolean priority) {
        List<Tree.Member> members = new ArrayList<>();
        boolean hasModel = false;
        boolean hasOptions = false;
        for (Tree.Member member : root.members()) {
            Tree value = member.value();
            switch (member.name()) {
                case "model" -> {
                    hasModel = true;
                    value = model.<Tree>map(Tree.Str::new).orElse(value);
                }
                case "stream_options" -> {
                    hasOptions = true;
                    value = usage ? options(value) : value;
                }
                case "vllm_xargs" -> value = without(value, priority);
                case "sampling_params" -> value = sampling(value, priority);
                default -> {}
            }
            if (!taken(member.name(), priority)) {
                members.add(new Tree.Member(member.name(), value));
            }
        }
        if (!hasModel && model.isPresent()) {
            members.add(new Tree.Member("model", new Tree.Str(model.get())));
        }
        if (!hasOptions && usage) {
            members.add(new Tree.Member("stream_options", options(new Tree.Word("null"))));
        }
        return new Tree.Obj(members);
    }

    private Tree options(Tree value) {
        Tree yes = new Tree.Word("true");
        if (!(value instanceof Tree.Obj object)) {
            return new Tree.Obj(List.of(new Tree.Member("include_usage", yes)));
        }
        if (yes(object, "include_usage")) {
            return value;
        }
        List<Tree.Member> members = new ArrayList<>();
        boolean has = false;
        for (Tree.Member member : object.members()) {
            boolean usage = member.name().equals("include_usage");
            has |= usage;
            Tree kept = member.name().equals("continuous_usage_stats") ? new Tree.Word("false") : member.value();
            members.add(new Tree.Member(member.name(), usage ? yes : kept));
        }
        if (!has) {
            members.add(new Tree.Member("include_usage", yes));
        }
        return new Tree.Obj(members);
    }

    private static Tree sampling(Tree value, boolean priority) {
        if (!(value instanceof Tree.Obj object)) {
            return value;
        }
        return new Tree.Obj(object.members().stream()
                .map(m -> m.name().equals("extra_args") ? new Tree.Member(m.name(), without(m.value(), priority)) : m)
                .toList());
    }

    private static Tree without(Tree value, boolean priority) {
        return value instanceof Tree.Obj object
                ? new Tree.Obj(object.members().stream()
                        .filter(m -> !taken(m.name(), priority))
                        .toList())
                : value;
    }

    private static boolean taken(String name, boolean priority) {
        boolean listed = TAKEN.contains(name) || name.startsWith("bootstrap_");
        return listed && !(priority && name.equals("priority"));
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %s", api, root);
    }
}
