package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Text to {@link Node}s. An alias is expanded where it stands, so that all that follows sees a tree; what a file may
 * expand to is bounded in depth and in number of nodes, which is what makes aliases safe.
 */
final class Yaml {
    /** Characters of a file: far above any real configuration. */
    static final int MAX_CHARACTERS = 4 << 20;

    private static final int MAX_DEPTH = 64;
    private static final int MAX_NODES = 200_000;

    private final String file;
    private final Problems problems;
    private int nodes;

    private Yaml(String file, Problems problems) {
        this.file = file;
        this.problems = problems;
    }

    /** The one document of a file; empty when it could not be read, which is then reported. */
    static Optional<Node> read(String file, String text, Problems problems) {
        if (text.length() > MAX_CHARACTERS) {
            problems.error(Position.start(file), "", "the file is larger than " + (MAX_CHARACTERS >> 20) + " MiB");
            return Optional.empty();
        }
        return new Yaml(file, problems).document(text);
    }

    private Optional<Node> document(String text) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(file)
                .setMaxAliasesForCollections(50)
                .setCodePointLimit(MAX_CHARACTERS)
                .build();
        try {
            Iterator<org.snakeyaml.engine.v2.nodes.Node> documents =
                    new Compose(settings).composeAllFromString(text).iterator();
            if (!documents.hasNext()) {
                problems.error(Position.start(file), "", "the file is empty");
                return Optional.empty();
            }
            Node root = convert(documents.next(), 0);
            if (documents.hasNext()) {
                problems.error(
                        position(documents.next().getStartMark()), "", "a second document (---) is one too many");
                return Optional.empty();
            }
            return Optional.of(root);
        } catch (TooMuchException e) {
            problems.error(e.at, "", e.getMessage());
        } catch (MarkedYamlEngineException e) {
            Position at = position(e.getProblemMark().or(e::getContextMark));
            problems.error(at, "", "not YAML: " + oneLine(e.getProblem()));
        } catch (ReaderException e) {
            problems.error(
                    positionOf(text, e.getPosition()),
                    "",
                    "not YAML: character " + "U+%04X".formatted(e.getCodePoint()) + " is not allowed");
        } catch (YamlEngineException e) {
            problems.error(Position.start(file), "", "not YAML: " + oneLine(String.valueOf(e.getMessage())));
        } catch (StackOverflowError e) {
            problems.error(Position.start(file), "", "nested too deeply");
        }
        return Optional.empty();
    }

    private Node convert(org.snakeyaml.engine.v2.nodes.Node node, int depth) {
        Position at = position(node.getStartMark());
        if (depth > MAX_DEPTH) {
            throw new TooMuchException(at, "nested more than " + MAX_DEPTH + " levels deep");
        }
        if (++nodes > MAX_NODES) {
            throw new TooMuchException(at, "more than " + MAX_NODES + " values, aliases expanded");
        }
        // Not a switch: a class would be made for it at each start.
        if (node instanceof ScalarNode scalar) {
            return new Node.Scalar(at, scalar.getValue(), kind(scalar, at));
        } else if (node instanceof SequenceNode sequence) {
            List<Node> items = new ArrayList<>();
            for (org.snakeyaml.engine.v2.nodes.Node item : sequence.getValue()) {
                items.add(convert(item, depth + 1));
            }
            return new Node.Sequence(at, List.copyOf(items));
        } else if (node instanceof MappingNode mapping) {
            List<Node.Entry> entries = new ArrayList<>();
            for (NodeTuple tuple : mapping.getValue()) {
                entries.add(entry(tuple, depth));
            }
            return new Node.Mapping(at, List.copyOf(entries));
        }
        throw new TooMuchException(at, "not a scalar, list or mapping");
    }

    private Node.Entry entry(NodeTuple tuple, int depth) {
        Position at = position(tuple.getKeyNode().getStartMark());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            throw new TooMuchException(at, "a key must be a plain word");
        }
        return new Node.Entry(at, key.getValue(), convert(tuple.getValueNode(), depth + 1));
    }

    private Node.Kind kind(ScalarNode scalar, Position at) {
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.INT)) {
            return Node.Kind.INTEGER;
        } else if (tag.equals(Tag.FLOAT)) {
            return Node.Kind.DECIMAL;
        } else if (tag.equals(Tag.BOOL)) {
            return Node.Kind.TRUTH;
        } else if (tag.equals(Tag.NULL)) {
            return Node.Kind.NOTHING;
        } else if (!tag.equals(Tag.STR)) {
            problems.error(at, "", "the tag " + tag.getValue() + " means nothing here");
        }
        return Node.Kind.TEXT;
    }

    private Position position(Optional<Mark> mark) {
        return mark.map(m -> new Position(file, m.getLine() + 1, m.getColumn() + 1))
                .orElse(Position.start(file));
    }

    private Position positionOf(String text, int offset) {
        String before = text.substring(0, Math.clamp(offset, 0, text.length()));
        int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
        return new Position(file, line, before.length() - before.lastIndexOf('\n'));
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }

    private static final class TooMuchException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Position at;

        TooMuchException(Position at, String message) {
            super(message);
            this.at = at;
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }
}
