package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is changed in a body on its way to an engine. The fields that clients may not pass are always taken out; everything
 * else is said by the caller. {@link #apply} cuts the body at the changed places only: all other bytes stay as they came.
 *
 * <p>For one body and one thread; may be applied several times.
 */
public final class Edits {
    /** Objects in which something is changed, beside the root. */
    private static final List<Field> INNER =
            List.of(Field.STREAM_OPTIONS, Field.VLLM_XARGS, Field.SAMPLING_PARAMS, Field.EXTRA_ARGS);

    private final BodyScan scan;
    private final List<Change> changes = new ArrayList<>(4);
    private boolean priority;

    /** A value to be set, or, without one, a member to be removed; in the root or in the object that is a field's value. */
    private record Change(
            @Nullable Field inside, String name, @Nullable String json) {}

    /** Bytes from {@code start} to {@code end} give way to {@code text}. */
    private record Splice(int start, int end, String text) {}

    private Edits(BodyScan scan) {
        this.scan = scan;
    }

    /** The edits that every body gets: the client's {@code kv_transfer_params}, {@code priority} and so on are taken out. */
    public static Edits of(BodyScan scan) {
        return new Edits(scan);
    }

    /** Lets the client's {@code priority} pass. */
    public Edits allowPriority() {
        priority = true;
        return this;
    }

    /** Names the model; costs nothing when the client named it so. */
    public Edits model(String name) {
        return scan.model().equals(name) ? this : set("model", Json.quote(name));
    }

    /** Asks for usage at the end of the stream, and only there. Does nothing when the client asked for it. */
    public Edits includeUsage() {
        if (scan.includeUsage()) {
            return this;
        }
        if (scan.group(Field.STREAM_OPTIONS) == null) {
            return set("stream_options", "{\"include_usage\":true}");
        }
        // Engines ignore it without include_usage; with it, every chunk would carry usage that the client did not ask
        // for.
        if (scan.has(Field.CONTINUOUS_USAGE)) {
            set(Field.STREAM_OPTIONS, "continuous_usage_stats", "false");
        }
        return set(Field.STREAM_OPTIONS, "include_usage", "true");
    }

    /** Sets or replaces a top-level member; {@code json} must be valid JSON. The last call for a name counts. */
    public Edits set(String name, String json) {
        return change(null, name, json);
    }

    /**
     * Sets or replaces a member of an object in the body, which must be {@link Field#STREAM_OPTIONS},
     * {@link Field#VLLM_XARGS}, {@link Field#SAMPLING_PARAMS} or {@link Field#EXTRA_ARGS}; where the body has no such object
     * nothing happens.
     */
    public Edits set(Field inside, String name, String json) {
        return change(inside, name, json);
    }

    /** Takes out a top-level member, wherever it stands. */
    public Edits remove(String name) {
        return change(null, name, null);
    }

    /** Takes a member out of an object in the body, as {@link #set(Field, String, String)} sets one. */
    public Edits remove(Field inside, String name) {
        return change(inside, name, null);
    }

    private Edits change(@Nullable Field inside, String name, @Nullable String json) {
        changes.removeIf(change -> change.inside == inside && change.name.equals(name));
        changes.add(new Change(inside, name, json));
        return this;
    }

    /** The body with all edits. */
    public EditedBody apply() {
        if (changes.isEmpty() && !anyTaken()) {
            return cut(List.of());
        }
        List<Splice> splices = new ArrayList<>();
        splice(scan.root(), null, splices);
        for (Field field : INNER) {
            Group group = scan.group(field);
            if (group != null && splices.stream().noneMatch(s -> s.start <= group.open && group.open < s.end)) {
                splice(group, field, splices);
            }
        }
        splices.sort(Comparator.comparingInt(Splice::start).thenComparingInt(Splice::end));
        return cut(splices);
    }

    private boolean anyTaken() {
        if (anyTaken(scan.root())) {
            return true;
        }
        for (Field field : INNER) {
            Group group = scan.group(field);
            if (group != null && anyTaken(group)) {
                return true;
            }
        }
        return false;
    }

    private boolean anyTaken(Group group) {
        for (int i = 0; i < group.count(); i++) {
            if (taken(group.key(i))) {
                return true;
            }
        }
        return false;
    }

    private void splice(Group group, @Nullable Field field, List<Splice> splices) {
        List<Change> wanted =
                changes.stream().filter(change -> change.inside == field).toList();
        List<Change> open = new ArrayList<>(wanted);
        int kept = -1;
        for (int i = 0; i < group.count(); i++) {
            Change change = wanted.isEmpty() ? null : find(wanted, group, i);
            if (change == null ? !taken(group.key(i)) : change.json != null && open.remove(change)) {
                if (change != null && change.json != null) {
                    splices.add(new Splice(group.valueStart(i), group.end(i), change.json));
                }
                kept = i;
            } else if (kept >= 0) {
                cutOut(splices, group.end(i - 1), group.end(i));
            } else {
                int end = i + 1 < group.count() ? group.start(i + 1) : group.end(i);
                cutOut(splices, group.start(i), end);
            }
        }
        append(group, open, kept, splices);
    }

    /** Members that follow each other go in one cut: a body of nothing else would cost many times its size. */
    private static void cutOut(List<Splice> splices, int start, int end) {
        if (!splices.isEmpty()
                && splices.getLast().end == start
                && splices.getLast().text.isEmpty()) {
            splices.set(splices.size() - 1, new Splice(splices.getLast().start, end, ""));
        } else {
            splices.add(new Splice(start, end, ""));
        }
    }

    private static void append(Group group, List<Change> open, int kept, List<Splice> splices) {
        StringBuilder added = new StringBuilder();
        for (Change change : open) {
            if (change.json != null) {
                added.append(kept >= 0 || !added.isEmpty() ? "," : "")
                        .append(Json.quote(change.name))
                        .append(':')
                        .append(change.json);
            }
        }
        if (!added.isEmpty()) {
            int at = group.close() - 1;
            splices.add(new Splice(at, at, added.toString()));
        }
    }

    private @Nullable Change find(List<Change> wanted, Group group, int i) {
        for (Change change : wanted) {
            if (Json.same(scan.body(), group.start(i) + 1, group.keyEnd(i), change.name)) {
                return change;
            }
        }
        return null;
    }

    private boolean taken(Key key) {
        return key.use == Key.Use.TAKEN && !(priority && key.priority());
    }

    private EditedBody cut(List<Splice> splices) {
        ByteBuffer body = scan.body();
        List<ByteBuffer> slices = new ArrayList<>(2 * splices.size() + 1);
        int from = 0;
        int length = 0;
        for (Splice splice : splices) {
            length += add(slices, body.slice(from, splice.start - from));
            if (!splice.text.isEmpty()) {
                length += add(slices, StandardCharsets.UTF_8.encode(splice.text));
            }
            from = splice.end;
        }
        length += add(slices, body.slice(from, scan.length() - from));
        return new EditedBody(slices, length);
    }

    private static int add(List<ByteBuffer> slices, ByteBuffer slice) {
        if (slice.hasRemaining()) {
            slices.add(slice);
        }
        return slice.remaining();
    }
}
