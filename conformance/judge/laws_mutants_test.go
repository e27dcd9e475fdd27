package judge_test

import (
	"slices"
	"strings"

	"mockamivoice/scenarios"
)

// mutant is the good tape with one thing wrong.
type mutant struct {
	law    string   // that notices it
	also   []string // laws that cannot but notice it as well
	change func(p *tape)
}

func mutants() []mutant {
	return slices.Concat(httpMutants(), resultMutants(), frameMutants(), answerMutants(), eventMutants(), jobMutants(), jobResultMutants(), wordsMutants())
}

func httpMutants() []mutant {
	const result, session = `{"results":[{"tokens":[{`, "X-Session-ID"
	return []mutant{
		{"server.http.cors", nil, func(p *tape) { header(p.reply(result), "Access-Control-Allow-Origin", "", "") }},
		{"server.http.no-secret-echoed", nil, func(p *tape) { p.edit("< "+failed, "audio", "<key:k1>") }},
		{"server.http.no-secret-echoed", nil, func(p *tape) {
			header(p.reply(refused), "Access-Control-Allow-Origin", "Access-Control-Allow-Origin", "***")
		}},
		{"server.http.no-secret-echoed", nil, func(p *tape) { e := p.reply(result); e.Body = strings.Replace(e.Body, `"u1"`, `"***"`, 1) }},
		{"server.issue.key-alone", nil, func(p *tape) { p.reply("<key:k1>").Body += "\n" }},
		{"server.issue.key-alone", nil, func(p *tape) { p.reply("<key:k1>").Body = `"<key:k1>"` }},
		{"server.issue.status", nil, func(p *tape) { p.reply("<key:k1>").Status = 201 }},
		{"server.issue.plain-text", nil, func(p *tape) { header(p.reply("<key:k1>"), "Content-Type", "Content-Type", "application/json") }},
		{"server.sync.result", nil, func(p *tape) { p.reply(refused).Body = refused[:50] + "}\r\n" }},
		{"server.sync.result", []string{"server.sync.line-end"}, func(p *tape) { p.reply(refused).Body = "" }},
		{"server.sync.single", nil, func(p *tape) {
			e := p.reply(result)
			e.Body = strings.Replace(e.Body, `],"utteranceid"`, second, 1)
		}},
		{"server.issue.plain-text", nil, func(p *tape) { header(p.reply("<key:k1>"), "Content-Type", "", "") }},
		{"server.sync.status", nil, func(p *tape) { p.reply(refused).Status = 401 }},
		{"server.sync.session-id", nil, func(p *tape) { header(p.reply(refused), session, "X-Session-Id", "two") }},
		{"server.sync.session-id", nil, func(p *tape) { header(p.reply(refused), session, "", "") }},
		{"server.sync.session-ids-differ", nil, func(p *tape) { header(p.reply(refused), session, session, "one") }},
		{"server.sync.line-end", nil, func(p *tape) { p.reply(refused).Body = strings.TrimSuffix(refused, "\r\n") }},
		{"server.sync.line-end", nil, func(p *tape) { p.reply(refused).Body = strings.TrimSuffix(refused, "\r\n") + "\n" }},
		{"server.sync.length", nil, func(p *tape) { header(p.reply(result), "Content-Length", "Content-Length", "0") }},
		{"server.sync.length", nil, func(p *tape) { header(p.reply(result), "Content-Length", "", "") }},
	}
}

func resultMutants() []mutant {
	edit := func(law, old, replacement string) mutant {
		return mutant{law, nil, func(p *tape) { p.edit("< "+final, old, replacement) }}
	}
	return []mutant{
		edit("server.result.single", `],"utteranceid"`, second),
		edit("server.result.texts-agree", `"u1","text":"\u3053`, `"u1","text":"\u3054`),
		edit("server.result.code-and-message", `"message":""`, `"message":"good"`),
		edit("server.result.failed-is-empty", `"code":"","message":""`, `"code":"!","message":"failed to connect to recognizer server"`),
		{"server.result.known-messages", nil, func(p *tape) { p.edit("< "+rejected, "threshold", "limit") }},
		edit("server.result.confidence", `"confidence":0.98,`, `"confidence":98,`),
		edit("server.result.confidence", `"confidence":0.993`, `"confidence":-0.1`),
		edit("server.result.token-times", `"starttime":708`, `"starttime":208`),
		edit("server.result.token-times", `"starttime":1252`, `"starttime":1000`),
		edit("server.result.token-times", `"endtime":1300`, `"endtime":1700`),
		edit("server.result.field-order", `"code":"","message":""`, `"message":"","code":""`),
		edit("server.result.field-order", `"tags":[],"rulename":"",`, `"rulename":"","tags":[],`),
		edit("server.result.field-order", `"starttime":708,"endtime":1252`, `"endtime":1252,"starttime":708`),
		{"server.result.field-order", nil, func(p *tape) { p.at("< " + rejected).Text = textFirst }},
		{"server.result.ascii", nil, func(p *tape) { p.edit("< "+interim, `"written":"\u3053\u3093"`, `"written":"こん"`) }},
		edit("server.result.ascii", `"spoken":"\u3053\u3093"`, `"spoken":"\u30AB"`),
		{"server.result.compact", nil, func(p *tape) { p.edit("< "+interim, `,"text"`, `, "text"`) }},
		{"server.result.compact", nil, func(p *tape) { p.reply(refused).Body = " " + refused }},
		edit("server.result.ascii", `"spoken":"\u3053\u3093"`, `"spoken":"こん"`),
		edit("server.result.compact", `,"tags"`, `, "tags"`),
	}
}

func frameMutants() []mutant {
	frame := func(law string, change func(f *scenarios.Frame)) mutant {
		return mutant{law, nil, func(p *tape) { change(p.at("< C").Frame) }}
	}
	return []mutant{
		{"server.stream.packets", nil, func(p *tape) { p.insert("< C", "X") }},
		frame("server.stream.text-messages", func(f *scenarios.Frame) { f.Opcode = 2 }),
		frame("server.stream.single-frames", func(f *scenarios.Frame) { f.Frames = 2 }),
		frame("server.stream.unmasked", func(f *scenarios.Frame) { f.Masked = true }),
		{"server.stream.no-pings", nil, func(p *tape) { p.control(3, scenarios.Out, 9) }},
	}
}

func answerMutants() []mutant {
	return []mutant{
		{"server.stream.one-answer-per-s", nil, func(p *tape) { p.insert("< s", "s") }},
		{"server.stream.one-answer-per-e", nil, func(p *tape) { p.insert("< e", "e") }},
		{"server.stream.bare-answers", nil, func(p *tape) { p.at("< s").Text = "s " }},
		{"server.stream.bare-answers", nil, func(p *tape) { p.at("< s").Frame.Size = 2 }},
		{"server.stream.bare-answers", []string{"server.stream.packets"}, func(p *tape) { p.at("< e").Text = "e\r\n" }},
		{"server.stream.nothing-before-answer", nil, func(p *tape) { p.insert("< G info", interim) }},
		{"server.stream.nothing-before-answer", nil, func(p *tape) { p.connect(5); p.say(5, "< S 0") }},
		{"server.stream.nothing-after-end", nil, func(p *tape) { p.insert("< e", interim) }},
		{"server.stream.one-p-error", nil, func(p *tape) { p.insert("< "+failed, failed) }},
		{"server.stream.answer-before-close", nil, func(p *tape) { p.drop("< s can't validate service authorization") }},
		{"server.stream.answer-before-close", nil, func(p *tape) { p.waitingForEnd("the connection ended") }},
		{"server.stream.answer-before-close", nil, func(p *tape) { p.waitingForEnd("by the client", scenarios.Out) }},
	}
}

func eventMutants() []mutant {
	const prefix = "server.stream."
	return []mutant{
		{prefix + "whole-milliseconds", []string{prefix + "packets"}, func(p *tape) { p.insert("< E 1692", "S 1.5") }},
		{prefix + "start-first", nil, func(p *tape) { p.move("< S 500", "< C") }},
		{prefix + "start-first", nil, func(p *tape) { p.insert("< E 3600", "E 3600") }},
		{prefix + "recognition-frames-results", nil, func(p *tape) { p.move("< C", "< "+interim) }},
		{prefix + "one-recognition", nil, func(p *tape) { p.move("< "+final, "> e") }},
		{prefix + "end-before-result", nil, func(p *tape) { p.move("< "+final, "< "+interim) }},
		{prefix + "times-in-order", nil, func(p *tape) { p.edit("< S 2500", "2500", "1600") }},
		{prefix + "result-spans-utterance", nil, func(p *tape) { p.edit("< "+final, `"starttime":500`, `"starttime":600`) }},
		{prefix + "interim-dots", nil, func(p *tape) { p.edit("< "+interim, `,{"written":"..."}`, "") }},
		{prefix + "interim-dots", nil, func(p *tape) {
			p.edit("< "+interim, `"}],"text":"\u3053\u3093..."}],"text":"\u3053\u3093..."`, `"}],"text":"\u3053\u3093"}],"text":"\u3053\u3093"`)
		}},
		{prefix + "interim-texts-agree", nil, func(p *tape) { p.edit("< "+interim, `"text":"\u3053\u3093..."}]`, `"text":"\u3054..."}]`) }},
		{prefix + "interim-texts-agree", nil, func(p *tape) {
			p.edit("< "+interim, `}],"text":"\u3053\u3093..."`, `}],"text":"\u3053\u3093..."},{"tokens":[{"written":"..."}],"text":"..."`)
		}},
		{prefix + "one-result-per-utterance", nil, func(p *tape) { p.drop("< " + rejected) }},
	}
}
