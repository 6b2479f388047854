package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// bind reads the root of a document.
func (d *Document) bind(root *yaml.Node, path string, into any) {
	d.bindValue(root, Place{root.Line, path}, reflect.ValueOf(into).Elem())
}

func (d *Document) bindValue(n *yaml.Node, at Place, into reflect.Value) {
	if s, ok := into.Addr().Interface().(*Scalar); ok {
		d.bindScalar(n, at, s)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.bindValue(n, at, into.Elem())
	case reflect.Slice:
		d.bindList(n, at, into)
	case reflect.Struct:
		d.bindStruct(n, at, into)
	}
}

func (d *Document) bindScalar(n *yaml.Node, at Place, into *Scalar) {
	*into = Scalar{Place: at}
	if n.Kind != yaml.ScalarNode {
		d.Report(at, d.say("not-a-value"))
		return
	}
	if n.Tag != "!!null" {
		into.Text = strings.TrimSpace(n.Value)
	}
	if into.Text == "" {
		d.Report(at, d.say("empty"))
	}
}

func (d *Document) bindList(n *yaml.Node, at Place, into reflect.Value) {
	items := []*yaml.Node{n}
	switch {
	case n.Kind == yaml.SequenceNode:
		items = n.Content
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.Report(at, d.say("empty"))
		return
	case n.Kind != yaml.ScalarNode || into.Type().Elem() != reflect.TypeFor[Scalar]():
		d.Report(at, d.say("not-a-list"))
		return
	}
	if len(items) == 0 {
		d.Report(at, d.say("empty-list"))
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		d.bindValue(item, Place{item.Line, fmt.Sprintf("%s[%d]", at.Field, i)}, list.Index(i))
	}
	into.Set(list)
}

func (d *Document) bindStruct(n *yaml.Node, at Place, into reflect.Value) {
	place := into.FieldByName("Place")
	switch r, single := into.Addr().Interface().(ScalarReader); {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.Report(at, d.say("empty"))
		return
	case n.Kind == yaml.ScalarNode && single:
		var s Scalar
		d.bindScalar(n, at, &s)
		r.ReadScalar(s)
		place.Set(reflect.ValueOf(at))
		return
	case n.Kind != yaml.MappingNode:
		d.Report(at, d.say("not-a-mapping", "Fields", strings.Join(fieldNames(into.Type()), ", ")))
		return
	}
	place.Set(reflect.ValueOf(at))
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		where := Place{key.Line, Place{Field: at.Field}.In(Known(key.Value)).Field}
		field, ok := d.fieldByName(into, key.Value)
		switch first, again := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode || !ok:
			where.Field = at.Field
			d.unknown(where, key.Value, fieldNames(into.Type()))
			continue
		case again:
			d.Report(where, d.say("repeated", "Line", first))
			continue
		}
		seen[key.Value] = key.Line
		if value.Kind == yaml.ScalarNode {
			where.Line = value.Line
		}
		d.bindValue(value, where, field)
	}
}

func (d *Document) unknown(at Place, name string, fields []string) {
	if near := Nearest(name, fields); near != "" {
		d.Report(at, d.say("unknown-field-near", "Name", Quote(name), "Near", near))
		return
	}
	d.Report(at, d.say("unknown-field", "Name", Quote(name), "Fields", strings.Join(fields, ", ")))
}

// fieldByName answers the field of a tag, also inside embedded structs.
func (d *Document) fieldByName(s reflect.Value, name string) (reflect.Value, bool) {
	fields, met := d.fields[s.Type()]
	if !met {
		fields = map[string][]int{}
		for _, f := range tagged(s.Type()) {
			fields[f.Tag.Get("yaml")] = f.Index
		}
		d.fields[s.Type()] = fields
	}
	index, ok := fields[name]
	if !ok {
		return reflect.Value{}, false
	}
	return s.FieldByIndex(index), true
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for _, f := range tagged(t) {
		names = append(names, f.Tag.Get("yaml"))
	}
	return names
}

func tagged(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Tag.Get("yaml") == "" })
}

// Fields answers every field a document for this struct can hold, as paths
// ("rules[].when.channel"), in the struct's order.
func Fields(into any) []string { return fieldPaths(reflect.TypeOf(into).Elem(), "") }

func fieldPaths(t reflect.Type, path string) []string {
	switch {
	case t == reflect.TypeFor[Scalar]():
		return nil
	case t.Kind() == reflect.Pointer:
		return fieldPaths(t.Elem(), path)
	case t.Kind() == reflect.Slice:
		return fieldPaths(t.Elem(), path+"[]")
	}
	var paths []string
	for _, f := range tagged(t) {
		at := Place{Field: path}.In(f.Tag.Get("yaml")).Field
		paths = append(paths, at)
		paths = append(paths, fieldPaths(f.Type, at)...)
	}
	return paths
}
