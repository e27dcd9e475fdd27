package speechset

// Development is the set that the thresholds of the detector were chosen with.
func Development() Set {
	return Set{Name: "development", Seed: 1, voices: []voice{
		{"ja+m3", japanese()},
		{"ja+f2", japanese()},
		{"en-us+m1", english()},
		{"en-us+f4", english()},
		{"cmn+Andy", mandarin()},
		{"cmn+linda", mandarin()},
		{"ko+m5", korean()},
		{"ko+steph", korean()},
	}}
}

// HeldOut has other voices that say other things, and another seed. Nobody looked at it before the thresholds were fixed.
func HeldOut() Set {
	return Set{Name: "held out", Seed: 300, voices: []voice{
		{"ja+m8", japanese2()},
		{"ja+f1", japanese2()},
		{"en-us+Gene", english2()},
		{"en-gb+grandma", english2()},
		{"cmn+max", mandarin2()},
		{"cmn+aunty", mandarin2()},
		{"ko+boris", korean2()},
		{"ko+steph3", korean2()},
	}}
}

func japanese() []string {
	return []string{
		"おはようございます。", "きょうは とても いい てんきですね。", "でんわばんごうを おしえてください。", "はい、わかりました。",
		"すみません、もういちど おねがいします。", "あしたの かいぎは ごごさんじからです。",
	}
}

func english() []string {
	return []string{
		"Good morning.", "Please hold the line for a moment.", "Seventy five percent of the students failed.", "Yes.",
		"Could you spell the name of the street, please?", "The meeting begins at half past three.",
	}
}

func mandarin() []string {
	return []string{"你好。", "今天天气很好。", "请告诉我你的电话号码。", "是的，我明白了。", "对不起，请再说一遍。", "明天的会议下午三点开始。"}
}

func korean() []string {
	return []string{"안녕하세요.", "오늘은 날씨가 아주 좋네요.", "전화번호를 알려 주세요.", "네, 알겠습니다.", "죄송하지만 다시 한번 말씀해 주세요.", "내일 회의는 오후 세 시에 시작합니다."}
}

func japanese2() []string {
	return []string{
		"どなたですか。", "らいしゅうの げつようびに うかがいます。", "ちょっと まってください。", "そうです。",
		"おさけは のみませんが、コーヒーは すきです。", "ひこうきは さんじゅっぷん おくれています。",
	}
}

func english2() []string {
	return []string{
		"Who is it?", "The shop on the corner sells shoes and socks.", "We have not heard from them since Friday.", "Sure.",
		"Take the second street on the left, then go straight.", "Her phone was switched off all afternoon.",
	}
}

func mandarin2() []string {
	return []string{"谁啊？", "下星期一我去看你。", "请等一下。", "对。", "我不喝酒，但是喜欢喝咖啡。", "飞机晚点三十分钟。"}
}

func korean2() []string {
	return []string{"누구세요?", "다음 주 월요일에 찾아뵙겠습니다.", "잠깐만 기다려 주세요.", "그래요.", "술은 안 마시지만 커피는 좋아해요.", "비행기가 삼십 분 늦어지고 있습니다."}
}
