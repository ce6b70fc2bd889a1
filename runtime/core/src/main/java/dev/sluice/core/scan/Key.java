package dev.sluice.core.scan;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A key that is understood at one place of a body, and what is done with its value. */
final class Key {
    /** What is done with a value. */
    enum Use {
        /** Only its place is kept. */
        PLACE,
        /** Must be a string or null. */
        STRING,
        /** Must be true, false or null. */
        FLAG,
        /** Must be an integer or null. */
        INTEGER,
        /** Its known keys are looked into, where it is an object. */
        OBJECT,
        /** The same, and it must be an object or null. */
        STRICT_OBJECT,
        /** Taken out of what engines see. */
        TAKEN,
        /** Changes how the prompt is made from its parts, and so what its blocks are. */
        SHAPE,
        /** Tool descriptions: templates put them first. */
        TOOLS,
        /** Instructions: come before the rest of the prompt. */
        SYSTEM,
        /** The prompt, or a part of it. */
        PROMPT,
        /** A part of the prompt that is not text, whole. */
        MEDIA
    }

    static final Key UNKNOWN = new Key("", null, Use.PLACE, List.of());
    /** A {@code bootstrap_} key without a name of its own in the tables. */
    static final Key BOOTSTRAP = new Key("bootstrap_", null, Use.TAKEN, List.of());

    final String name;
    final byte[] bytes;
    final @Nullable Field field;
    final Use use;
    final Keys inside;
    /** Index of the session path that ends here, or -1. */
    final int session;

    Key(String name, @Nullable Field field, Use use, List<Key> inside) {
        this(name, field, use, inside, -1);
    }

    Key(String name, @Nullable Field field, Use use, List<Key> inside, int session) {
        this.name = name;
        this.bytes = name.getBytes(StandardCharsets.UTF_8);
        this.field = field;
        this.use = use;
        this.inside = new Keys(inside);
        this.session = session;
    }

    boolean priority() {
        return field == Field.PRIORITY;
    }
}
