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
	return Set{Name: "held out", Seed: 20, voices: []voice{
		{"ja+adam", japanese2()},
		{"ja+f5", japanese2()},
		{"en-gb+klatt3", english2()},
		{"en-us+anika", english2()},
		{"cmn+m7", mandarin2()},
		{"cmn+f3", mandarin2()},
		{"ko+michael", korean2()},
		{"ko+belinda", korean2()},
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
		"もしもし。", "しんじゅくえきまで おねがいします。", "ふゆは さむいので すきではありません。", "いいえ、ちがいます。",
		"この しょるいに サインを してください。", "つぎの でんしゃは なんじに きますか。",
	}
}

func english2() []string {
	return []string{
		"Hello?", "I would like to change my appointment.", "She sells fresh fish by the harbour.", "No, thank you.",
		"How much is the ticket to the airport?", "Half of it was sent back last Thursday.",
	}
}

func mandarin2() []string {
	return []string{"喂？", "我想去火车站。", "冬天太冷了，我不喜欢。", "不，谢谢。", "请在这张纸上签字。", "下一班飞机几点起飞？"}
}

func korean2() []string {
	return []string{"여보세요.", "서울역까지 가 주세요.", "겨울은 추워서 싫어요.", "아니요, 괜찮습니다.", "이 서류에 서명해 주세요.", "다음 기차는 몇 시에 옵니까?"}
}
